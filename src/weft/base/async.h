// The coroutine type of weft and the way a wait is cancelled. Owned by base; everything here
// belongs to one loop: none of it may be touched from another thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>

#include "weft/base/result.h"

namespace weft {

using Executor = boost::asio::io_context::executor_type;

template <class T = void>
using Awaitable = boost::asio::awaitable<T, Executor>;

/// The completion token of every asio operation weft awaits.
inline constexpr boost::asio::use_awaitable_t<Executor> kAwait;

/// What resumes a coroutine that waits on a deferred operation without a result. Asio gives the
/// type no public name; with it the one who waits is kept in place, without an allocation or a
/// frame.
using Resume = boost::asio::detail::awaitable_async_op_handler<void(), Executor>;

/// A wait, for co_await: `begin` is told whom to resume.
template <class Begin>
[[nodiscard]] auto suspended(Begin begin) {
  return boost::asio::async_initiate<const boost::asio::deferred_t, void()>(std::move(begin),
                                                                            boost::asio::deferred);
}

/// A one-thread event that coroutines wait on. notify() wakes the one who waits; when none does,
/// the next wait returns at once. At most one coroutine waits at a time.
class Signal {
 public:
  explicit Signal(Executor executor);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Wakes the waiter (by a post to its loop, never inline). Same thread as the waiter.
  void notify();
  /// For co_await.
  [[nodiscard]] auto wait() {
    return suspended([this](Resume waiter) { begin(std::move(waiter)); });
  }
  Executor executor() const { return executor_; }

 private:
  void begin(Resume waiter);
  Executor executor_;
  std::optional<Resume> waiter_;
  bool set_ = false;
};

/// Says that the work is not wanted any more, and why. One loop.
class CancelSource;

/// Registers what has to happen on cancellation; removing itself when it goes. Movable.
class CancelRegistration {
 public:
  CancelRegistration() = default;
  CancelRegistration(CancelRegistration&& other) noexcept;
  CancelRegistration& operator=(CancelRegistration&& other) noexcept;
  ~CancelRegistration();

 private:
  friend class CancelToken;
  struct State;
  std::weak_ptr<void> state_;
  std::uint64_t id_ = 0;
};

/// The reading side: asked by whoever waits. Cheap to copy; an empty token never cancels.
class CancelToken {
 public:
  CancelToken() = default;
  bool cancelled() const;
  /// Why; only when cancelled().
  Error why() const;
  /// Runs `action` on cancellation (at once when already cancelled), at most once.
  [[nodiscard]] CancelRegistration on_cancel(std::move_only_function<void()> action) const;

 private:
  friend class CancelSource;
  friend class CancelRegistration;
  struct State;
  std::shared_ptr<State> state_;
};

class CancelSource {
 public:
  CancelSource();
  CancelToken token() const { return token_; }
  /// The first call counts; later ones do nothing.
  void cancel(Error why);
  bool cancelled() const { return token_.cancelled(); }
  /// Cancels this source when `parent` is cancelled.
  void follow(const CancelToken& parent);

 private:
  CancelToken token_;
  CancelRegistration parent_;
};

}  // namespace weft
