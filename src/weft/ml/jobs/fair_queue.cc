#include "weft/ml/jobs/fair_queue.h"

#include <algorithm>

namespace weft::ml {

struct FairQueue::Waiter {
  Waiter(Executor executor, std::string owner_in, std::string name_in, int wanted_in)
      : owner(std::move(owner_in)), name(std::move(name_in)), wanted(wanted_in), signal(executor) {}
  std::string owner;
  std::string name;
  int wanted;
  bool admitted = false;
  Signal signal;
};

struct FairQueue::State {
  Executor executor;
  int capacity;
  int free;
  /// Each owner's jobs in their order, and whose turn it is: the front of `turns`.
  std::map<std::string, std::deque<Waiter*>> lines;
  std::deque<std::string> turns;

  void add(Waiter& waiter) {
    auto& line = lines[waiter.owner];
    if (line.empty()) turns.push_back(waiter.owner);
    line.push_back(&waiter);
  }

  void remove(Waiter& waiter) {
    const auto at = lines.find(waiter.owner);
    if (at == lines.end()) return;
    std::erase(at->second, &waiter);
    if (!at->second.empty()) return;
    lines.erase(at);
    std::erase(turns, waiter.owner);
  }

  /// Lets in whoever's turn it is, as long as there is room. One that needs more than there is
  /// waits, and those behind it with it: small jobs could hold it up for ever.
  void admit() {
    while (!turns.empty()) {
      Waiter& next = *lines.at(turns.front()).front();
      if (next.wanted > free) return;
      free -= next.wanted;
      next.admitted = true;
      next.signal.notify();
      const std::string owner = turns.front();
      turns.pop_front();
      auto& line = lines.at(owner);
      line.pop_front();
      if (line.empty()) {
        lines.erase(owner);
      } else {
        turns.push_back(owner);
      }
    }
  }
};

struct FairQueue::Share::Held {
  std::weak_ptr<State> state;
  int threads = 0;
  ~Held() {
    const auto queue = state.lock();
    if (!queue) return;
    queue->free += threads;
    queue->admit();
  }
};

FairQueue::Share::Share(Share&& other) noexcept = default;
FairQueue::Share& FairQueue::Share::operator=(Share&& other) noexcept = default;
FairQueue::Share::~Share() = default;

FairQueue::FairQueue(Executor executor, int capacity)
    : state_(new State{
          .executor = executor, .capacity = capacity, .free = capacity, .lines = {}, .turns = {}}) {
}

Awaitable<Result<FairQueue::Share>> FairQueue::take(std::string owner, std::string name, int wanted,
                                                    CancelToken cancel) {
  const auto state = state_;
  if (cancel.cancelled()) co_return fail(cancel.why());
  Waiter waiter(state->executor, std::move(owner), std::move(name),
                std::clamp(wanted, 1, state->capacity));
  state->add(waiter);
  // Should nobody ever wake it: it leaves the line with its coroutine.
  const auto leave = [&state](Waiter* left) {
    if (!left->admitted) state->remove(*left);
  };
  const std::unique_ptr<Waiter, decltype(leave)> in_line(&waiter, leave);
  state->admit();
  const auto registration = cancel.on_cancel([&waiter] { waiter.signal.notify(); });
  while (!waiter.admitted) {
    if (cancel.cancelled()) {
      state->remove(waiter);
      state->admit();
      co_return fail(cancel.why());
    }
    co_await waiter.signal.wait();
  }
  Share out;
  out.held_ = std::make_shared<Share::Held>();
  out.held_->state = state;
  out.held_->threads = waiter.wanted;
  co_return out;
}

std::vector<std::pair<std::string, std::string>> FairQueue::waiting() const {
  std::vector<std::pair<std::string, std::string>> out;
  auto lines = state_->lines;
  auto turns = state_->turns;
  while (!turns.empty()) {
    const std::string owner = turns.front();
    turns.pop_front();
    auto& line = lines.at(owner);
    out.emplace_back(owner, line.front()->name);
    line.pop_front();
    if (!line.empty()) turns.push_back(owner);
  }
  return out;
}

int FairQueue::free() const { return state_->free; }

}  // namespace weft::ml
