// The bridge: servers of the Open Inference Protocol that are reached by gRPC, as if they spoke
// its HTTP form. The hub asks it over a Unix socket; the header `Weft-Server` says which server is
// meant (`grpc://HOST:PORT`, with TLS `grpcs://…`), `grpc-timeout` how long the call may take. All
// other headers go on as metadata. Owned by the program's main; its loop.
#pragma once

#include "weft/base/async.h"
#include "weft/doors/grpc/channels.h"
#include "weft/net/http_server.h"

namespace weft::doors {

class Bridge {
 public:
  explicit Bridge(WorkPool& pool) : channels_(pool) {}

  /// GET /v2, /v2/health/live, /v2/health/ready, /v2/models/NAME[/versions/V][/ready],
  /// POST /v2/repository/index, …/infer; tensors go and come behind the JSON. What a server refuses
  /// has the HTTP status of its code (decisions/0013); what gRPC has no method for is 501.
  Awaitable<> answer(net::Exchange& exchange);

 private:
  Channels channels_;
  /// Of all bodies that are being asked.
  std::size_t asked_bytes_ = 0;
};

}  // namespace weft::doors
