#include "weft/adapters/mcp/listeners.h"

#include <algorithm>

namespace weft::adapters::mcp {

std::shared_ptr<Listeners::Listener> Listeners::listen(Executor executor) {
  const std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [](const auto& weak) { return weak.expired(); });
  if (listeners_.size() >= kListenersMax) return nullptr;
  auto listener = std::make_shared<Listener>(executor);
  listeners_.push_back(listener);
  return listener;
}

void Listeners::changed() {
  std::vector<std::shared_ptr<Listener>> woken;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : listeners_) {
      if (auto listener = weak.lock()) woken.push_back(std::move(listener));
    }
  }
  for (const auto& listener : woken) listener->wake();
}

}  // namespace weft::adapters::mcp
