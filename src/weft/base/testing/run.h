// Runs coroutines in tests. One loop.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

#include "weft/base/async.h"

namespace weft::testing {

/// Starts a coroutine on a loop that the test runs to its end.
inline void start(boost::asio::io_context& loop, Awaitable<> work) {
  boost::asio::co_spawn(loop, std::move(work), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

template <class T>
Awaitable<> keep(Awaitable<T> work, std::optional<T>& out) {
  out.emplace(co_await std::move(work));
}

/// The answer of `work`, on a loop of this thread's: whoever posts the answer from another thread
/// may still be in that call when it has arrived here, so the loop stays.
template <class T>
T run(Awaitable<T> work) {
  thread_local boost::asio::io_context loop;
  loop.restart();
  std::optional<T> out;
  start(loop, keep(std::move(work), out));
  loop.run();
  WEFT_ASSERT(out.has_value());
  return std::move(*out);
}

}  // namespace weft::testing
