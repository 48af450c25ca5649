// Who wants to hear that the list of tools changed: sessions' GET streams and modern subscriptions.
// Shared; any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weft/adapters/mcp/mailbox.h"

namespace weft::adapters::mcp {

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
