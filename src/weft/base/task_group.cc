#include "weft/base/task_group.h"

#include <boost/asio/co_spawn.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace weft {
namespace {

/// weft's own code throws nothing: what arrives here was not caught where a library was called.
[[noreturn]] void escaped(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weft: this is a bug: an exception left a coroutine: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "weft: this is a bug: an exception left a coroutine\n");
  }
  std::abort();
}

}  // namespace

struct TaskGroup::State {
  explicit State(Executor executor) : ended(executor) {}
  std::size_t running = 0;
  bool joining = false;
  bool joined = false;
  Signal ended;
};

TaskGroup::TaskGroup(Executor executor)
    : executor_(executor), state_(std::make_shared<State>(executor)) {}

TaskGroup::~TaskGroup() { WEFT_ASSERT(state_->running == 0); }

void TaskGroup::spawn(Awaitable<> work) {
  WEFT_ASSERT(!state_->joined);
  ++state_->running;
  boost::asio::co_spawn(executor_, std::move(work), [state = state_](std::exception_ptr thrown) {
    if (thrown) escaped(std::move(thrown));
    --state->running;
    if (state->joining && state->running == 0) state->ended.notify();
  });
}

Awaitable<> TaskGroup::join() {
  const auto state = state_;
  WEFT_ASSERT(!state->joining);
  state->joining = true;
  cancel_.cancel(make_error(Reason::cancelled, "the work is being ended"));
  while (state->running != 0) co_await state->ended.wait();
  state->joined = true;
}

std::size_t TaskGroup::size() const { return state_->running; }

}  // namespace weft
