#include "weft/adapters/mcp/attempts.h"

#include "weft/base/timers.h"

namespace weft::adapters::mcp {

void Attempts::Turn::failed(const Error& why) {
  if (why.reason == Reason::cancelled || why.reason == Reason::deadline) return;
  why_ = why;
}

std::unique_ptr<Attempts::Turn> Attempts::begin() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(running_, true)) return nullptr;
  return std::make_unique<Turn>(*this);
}

void Attempts::end(std::optional<Error> why) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    waiters.swap(waiters_);
  }
  for (const auto& waiter : waiters) waiter->push(Ended{why});
}

Awaitable<Result<void>> Attempts::wait(hub::CallContext context) {
  auto waiter = std::make_shared<Waiter>(context.executor);
  {
    const std::lock_guard lock(mutex_);
    if (!running_) co_return Result<void>();
    waiters_.push_back(waiter);
  }
  CancelSource leaving;
  leaving.follow(context.cancel);
  const Timer timer = run_at(context.executor, context.deadline, [&leaving] {
    leaving.cancel(make_error(Reason::deadline, "the server did not come back in time"));
  });
  CancelToken token = leaving.token();
  auto ended = co_await waiter->pop(token);
  if (!ended) co_return fail(std::move(ended).error());
  if (ended->why) co_return fail(*std::move(ended->why));
  co_return Result<void>();
}

}  // namespace weft::adapters::mcp
