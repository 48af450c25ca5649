#include "weft/app/live_talks.h"

#include <utility>

#include "weft/app/concierge_talk.h"
#include "weft/base/on_loop.h"

namespace weft::app {

struct Live {
  Executor executor;
  ConciergeTalk* talk = nullptr;  ///< on its loop alone
};

LiveTalks::Turn::Turn(LiveTalks& of, std::string key, Executor executor)
    : of_(of), key_(std::move(key)), executor_(std::move(executor)) {
  take();
}

void LiveTalks::Turn::take() {
  const std::lock_guard lock(of_.mutex_);
  const auto [at, added] = of_.led_.try_emplace(key_);
  if (!added) return;
  live_ = at->second = std::make_shared<Live>(Live{executor_});
}

LiveTalks::Turn::~Turn() {
  if (live_ == nullptr) return;
  live_->talk = nullptr;
  const std::lock_guard lock(of_.mutex_);
  of_.led_.erase(key_);
}

void LiveTalks::Turn::begin(ConciergeTalk& talk) { live_->talk = &talk; }

namespace {

Awaitable<std::optional<std::string>> say(std::shared_ptr<Live> live, std::string words) {
  if (live->talk == nullptr) co_return std::nullopt;
  auto said = live->talk->interrupt(words);
  // What was noted outlives the hub.
  if (said) (void)co_await live->talk->save();
  co_return said;
}

}  // namespace

Awaitable<std::optional<std::string>> LiveTalks::interrupt(std::string key, std::string words) {
  std::shared_ptr<Live> live;
  {
    const std::lock_guard lock(mutex_);
    const auto at = led_.find(key);
    if (at == led_.end()) co_return std::nullopt;
    live = at->second;
  }
  const Executor executor = live->executor;
  auto work = say(std::move(live), std::move(words));
  auto said = co_await on_loop(executor, std::move(work));
  co_return said;
}

}  // namespace weft::app
