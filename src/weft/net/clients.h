// The HTTP clients of all loops: whoever runs on a loop uses that loop's. Owned by app.
#pragma once

#include <memory>
#include <vector>

#include "weft/net/http_client.h"
#include "weft/net/loop.h"

namespace weft::net {

class HttpClients {
 public:
  HttpClients(Loops& loops, ClientLimits limits);
  ~HttpClients();
  /// The client of the loop that this executor belongs to (a bug when it belongs to none).
  HttpClient& at(Executor executor);

 private:
  std::vector<std::pair<const void*, std::unique_ptr<HttpClient>>> clients_;
};

}  // namespace weft::net
