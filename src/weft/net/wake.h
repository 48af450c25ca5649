// How net's state machines resume the one coroutine that waits on them, without an allocation.
// Owned by what it is a member of; one loop.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>

#include "weft/base/async.h"

namespace weft::net {

class Wake {
 public:
  explicit Wake(Executor executor) : executor_(executor) {}
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  bool waiting() const { return waiter_.has_value(); }
  /// Waits until now() or later(); look at the state again after it.
  Awaitable<> wait() {
    WEFT_ASSERT(!waiter_);
    return boost::asio::async_initiate<decltype(kAwait), void()>(
        [this](Handler handler) { waiter_.emplace(std::move(handler)); }, kAwait);
  }
  /// Resumes within this call: only from a readiness event or a timer, never from inside a
  /// coroutine. The owner may be gone when it returns.
  void now() {
    if (!waiter_) return;
    Handler handler = take();
    std::move(handler)();
  }
  /// Resumes by a post to the loop.
  void later() {
    if (waiter_) boost::asio::post(executor_, take());
  }

 private:
  using Handler = boost::asio::async_result<std::decay_t<decltype(kAwait)>, void()>::handler_type;
  Handler take() {
    Handler handler = std::move(*waiter_);
    waiter_.reset();
    return handler;
  }

  Executor executor_;
  std::optional<Handler> waiter_;
};

}  // namespace weft::net
