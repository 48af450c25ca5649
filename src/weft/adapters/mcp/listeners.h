// Who wants to hear that the list of tools changed: sessions' GET streams and modern subscriptions.
// Shared; any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weft/adapters/mcp/mailbox.h"
#include "weft/base/json.h"
#include "weft/net/http_server.h"

namespace weft::adapters::mcp {

/// How long a stream that only listens goes on: until its client is gone or the server drains. One
/// loop.
class Listening {
 public:
  explicit Listening(net::Exchange& exchange);
  Listening(const Listening&) = delete;
  CancelToken over() const { return over_.token(); }

 private:
  CancelSource over_;
  CancelRegistration gone_;
  CancelRegistration draining_;
};

/// The response by which a subscription of the modern era ends well.
std::string ended_subscription(const json::value& id);

class Listeners {
 public:
  /// One subscription: woken when something may have changed.
  using Listener = Waker;
  /// Null when kListenersMax listen already.
  std::shared_ptr<Listener> listen(Executor executor);
  void changed();

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<Listener>> listeners_;
};

}  // namespace weft::adapters::mcp
