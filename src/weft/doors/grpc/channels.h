// The gRPC channels to servers that the hub calls. One loop; the look-up of a name and the first
// connection happen in a thread of the pool.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "weft/base/async.h"
#include "weft/base/url.h"
#include "weft/base/work_pool.h"

namespace grpc {
class Channel;
}

namespace weft::doors {

class Channels {
 public:
  explicit Channels(WorkPool& pool) : pool_(pool) {}

  /// A channel that is connected, or one to an address of the server's that took a connection just
  /// now: the addresses that are judged (net/egress.h) are the ones that are connected to. An https
  /// URL means TLS. Errors: Reason::unavailable or permission_denied, naming the server.
  Awaitable<Result<std::shared_ptr<grpc::Channel>>> to(Url server, CancelToken cancel);

 private:
  using Opened = Result<std::shared_ptr<grpc::Channel>>;
  struct Line {
    std::shared_ptr<grpc::Channel> channel;
    /// Of the connection that is being tried: one for all that ask meanwhile.
    std::shared_ptr<std::optional<Opened>> dial;
  };
  Awaitable<Opened> dial(Url server);
  void forget_some();

  WorkPool& pool_;
  /// By URL.
  std::map<std::string, Line, std::less<>> lines_;
};

}  // namespace weft::doors
