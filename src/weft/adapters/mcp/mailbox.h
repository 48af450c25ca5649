// A queue between loops: pushed from any thread, read by one coroutine on the loop it was made for.
// Owned (shared) by both ends.
#pragma once

#include <boost/asio/post.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "weft/adapters/mcp/limits.h"
#include "weft/base/async.h"

namespace weft::adapters::mcp {

/// Wakes one coroutine of a loop from any thread.
class Waker : public std::enable_shared_from_this<Waker> {
 public:
  explicit Waker(Executor executor) : executor_(executor), signal_(executor) {}
  void wake() {
    boost::asio::post(executor_, [self = shared_from_this()] { self->signal_.notify(); });
  }
  /// On the loop; returns too when `cancel` is cancelled.
  Awaitable<> wait(CancelToken cancel) {
    auto self = shared_from_this();
    std::weak_ptr<Waker> weak = self;
    auto registration = cancel.on_cancel([weak] {
      if (auto waker = weak.lock()) waker->signal_.notify();
    });
    co_await signal_.wait();
  }

 private:
  Executor executor_;
  Signal signal_;
};

template <class T>
class Mailbox {
 public:
  explicit Mailbox(Executor executor) : waker_(std::make_shared<Waker>(executor)) {}

  /// False when nobody reads any more, or more than kMailboxMax wait.
  bool push(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= kMailboxMax) return false;
      items_.push_back(std::move(item));
    }
    waker_->wake();
    return true;
  }

  /// What was pushed before is still given.
  void close(Error why) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) closed_ = std::move(why);
    }
    waker_->wake();
  }

  /// On the loop, one at a time.
  Awaitable<Result<T>> pop(CancelToken cancel) {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (!items_.empty()) {
          T item = std::move(items_.front());
          items_.pop_front();
          co_return item;
        }
        if (closed_) co_return std::unexpected(*closed_);
      }
      if (cancel.cancelled()) co_return std::unexpected(cancel.why());
      co_await waker_->wait(cancel);
    }
  }

 private:
  std::mutex mutex_;
  std::deque<T> items_;
  std::optional<Error> closed_;
  std::shared_ptr<Waker> waker_;
};

}  // namespace weft::adapters::mcp
