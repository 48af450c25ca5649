#include "weft/net/loop.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <pthread.h>

#include <csignal>
#include <exception>
#include <format>
#include <system_error>

#include "weft/base/log.h"
#include "weft/net/poller.h"

namespace weft::net {
namespace {

/// What was ready when stop() was called may make other things ready: so many rounds they get.
constexpr int kStopRounds = 64;

/// Runs a loop; an exception that comes out of it is a bug.
void run(Loop& loop) {
  try {
    loop.io().run();
  } catch (const std::exception& caught) {
    log::error("an exception left a handler: {}", caught.what());
    std::abort();
  }
}

void stop_after(boost::asio::io_context& io, int rounds) {
  boost::asio::post(io, [&io, rounds] {
    if (rounds == 0) return io.stop();
    stop_after(io, rounds - 1);
  });
}

// Writing to a connection that the other side closed is an error to be handled, not a reason to
// die. OpenSSL writes without MSG_NOSIGNAL.
void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace

Loop::Loop(std::string name) : name_(std::move(name)), io_(1) {}

Loops::Loops(std::size_t serving, Background background) : serving_(serving) {
  WEFT_ASSERT(serving > 0);
  ignore_broken_pipes();
  for (std::size_t i = 0; i < serving; ++i)
    loops_.push_back(std::make_unique<Loop>(std::format("weft-loop-{}", i)));
  if (background == Background::one) loops_.push_back(std::make_unique<Loop>("weft-background"));
}

Loops::~Loops() { stop(); }

Result<void> Loops::start() {
  for (auto& loop : loops_) {
    if (!Poller::of(loop->executor()).usable()) {
      stop();
      return fail(Reason::unavailable,
                  "the system gives nothing for a loop to wait on: raise `ulimit -n`, or run fewer "
                  "loops (`--threads N`)");
    }
    work_.emplace_back(loop->executor());
    try {
      threads_.emplace_back([&loop = *loop] {
        pthread_setname_np(pthread_self(), loop.name().c_str());
        run(loop);
      });
    } catch (const std::system_error& refused) {
      stop();
      return fail(Reason::unavailable,
                  std::format("the system gives no thread for a loop ({}): raise `ulimit -u`, or "
                              "run fewer loops (`--threads N`)",
                              refused.code().message()));
    }
  }
  return {};
}

void Loops::stop() {
  work_.clear();
  if (threads_.empty()) return;
  for (auto& loop : loops_) stop_after(loop->io(), kStopRounds);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void run_alone(std::move_only_function<Awaitable<>(Loop&)> main) {
  ignore_broken_pipes();
  Loop loop("alone");
  std::exception_ptr failure;
  boost::asio::co_spawn(loop.executor(), main(loop), [&](std::exception_ptr thrown) {
    failure = std::move(thrown);
    loop.io().stop();
  });
  loop.io().run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace weft::net
