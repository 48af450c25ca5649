// Running a coroutine on another loop. Owned by base.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

#include "weft/base/async.h"

namespace weft {

/// Runs `work` on `loop`; its result comes back on the loop of whoever awaits this.
template <class T>
Awaitable<T> on_loop(Executor loop, Awaitable<T> work) {
  const Executor here = co_await boost::asio::this_coro::executor;
  if (here == loop) {
    T result = co_await std::move(work);
    co_return result;
  }
  T result = co_await boost::asio::co_spawn(loop, std::move(work), kAwait);
  co_return result;
}

}  // namespace weft
