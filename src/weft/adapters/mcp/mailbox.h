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
      items_.push_back(Item{std::move(item), 0});
    }
    waker_->wake();
    return true;
  }

  /// For whoever looks at full() itself: takes the item however much waits.
  void add(T item, std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      items_.push_back(Item{std::move(item), bytes});
      bytes_ += bytes;
      full_ = full_ || items_.size() >= kInboxMessagesMax || bytes_ >= kInboxBytesMax;
    }
    waker_->wake();
  }

  /// Whether so much was added that the reader has to take half of it first. Never once it is
  /// closed.
  bool full() const {
    const std::lock_guard lock(mutex_);
    return full_;
  }
  /// Who is woken when it is not full any more. Before the first add().
  void tell_room(std::shared_ptr<Waker> room) {
    const std::lock_guard lock(mutex_);
    room_ = std::move(room);
  }

  /// What was pushed before is still given.
  void close(Error why) {
    std::shared_ptr<Waker> told;
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) closed_ = std::move(why);
      if (std::exchange(full_, false)) told = room_;
    }
    waker_->wake();
    if (told) told->wake();
  }

  /// On the loop, one at a time.
  Awaitable<Result<T>> pop(CancelToken cancel) {
    while (true) {
      if (std::optional<Result<T>> taken = take()) co_return *std::move(taken);
      if (cancel.cancelled()) co_return std::unexpected(cancel.why());
      co_await waker_->wait(cancel);
    }
  }

 private:
  struct Item {
    T value;
    std::size_t bytes = 0;
  };

  std::optional<Result<T>> take() {
    std::shared_ptr<Waker> told;
    std::optional<Result<T>> taken;
    {
      const std::lock_guard lock(mutex_);
      if (items_.empty() && !closed_) return std::nullopt;
      if (items_.empty()) return std::unexpected(*closed_);
      taken.emplace(std::move(items_.front().value));
      bytes_ -= items_.front().bytes;
      items_.pop_front();
      const bool half = items_.size() <= kInboxMessagesMax / 2 && bytes_ <= kInboxBytesMax / 2;
      if (half && std::exchange(full_, false)) told = room_;
    }
    if (told) told->wake();
    return taken;
  }

  mutable std::mutex mutex_;
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
  bool full_ = false;
  std::optional<Error> closed_;
  std::shared_ptr<Waker> waker_;
  std::shared_ptr<Waker> room_;
};

}  // namespace weft::adapters::mcp
