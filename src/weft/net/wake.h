// How net's state machines resume the one coroutine that waits on them, without an allocation.
// Owned by what it is a member of; one loop.
#pragma once

#include <boost/asio/post.hpp>

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
  [[nodiscard]] auto wait() {
    WEFT_ASSERT(!waiter_);
    return suspended([this](Resume waiter) { waiter_.emplace(std::move(waiter)); });
  }
  /// Resumes within this call: only from a readiness event or a timer, never from inside a
  /// coroutine. The owner may be gone when it returns.
  void now() {
    if (!waiter_) return;
    Resume waiter = take();
    std::move(waiter)();
  }
  /// Resumes by a post to the loop.
  void later() {
    if (waiter_) boost::asio::post(executor_, take());
  }

 private:
  Resume take() {
    Resume waiter = std::move(*waiter_);
    waiter_.reset();
    return waiter;
  }

  Executor executor_;
  std::optional<Resume> waiter_;
};

/// For co_await: goes on when everything else that is ready on this loop had its turn.
[[nodiscard]] inline auto others_first(Executor executor) {
  return suspended([executor](Resume waiter) { boost::asio::post(executor, std::move(waiter)); });
}

}  // namespace weft::net
