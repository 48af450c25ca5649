#include "weft/adapters/mcp/listeners.h"

#include <algorithm>

#include "weft/adapters/mcp/codec.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

Listening::Listening(net::Exchange& exchange) {
  const auto follow = [this](const CancelToken& token) {
    return token.on_cancel([this, token] { over_.cancel(token.why()); });
  };
  gone_ = follow(exchange.gone());
  draining_ = follow(exchange.draining());
}

std::string ended_subscription(const json::value& id) {
  json::object meta;
  meta[kMetaSubscription] = id;
  json::object result;
  result["_meta"] = std::move(meta);
  seal_result(result, Era::modern, "complete");
  return wire::write_jsonrpc_result(id, std::move(result));
}

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
