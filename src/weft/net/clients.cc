#include "weft/net/clients.h"

namespace weft::net {

HttpClients::HttpClients(Loops& loops, ClientLimits limits) {
  if (!limits.resolver) limits.resolver = std::make_shared<Resolver>();
  for (std::size_t i = 0; i < loops.size(); ++i) {
    clients_.emplace_back(&loops.at(i).io(), HttpClient::create(loops.at(i), limits));
  }
}

HttpClients::~HttpClients() = default;

HttpClient& HttpClients::at(Executor executor) {
  const void* context = &executor.context();
  for (auto& [owner, client] : clients_) {
    if (owner == context) return *client;
  }
  // Every loop has its client: this executor is no loop's.
  std::abort();
}

}  // namespace weft::net
