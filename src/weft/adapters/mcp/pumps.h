// The owner of what runs on behalf of joined servers outside any call: the readers of child
// processes, the listeners for changes. Owned by the protocol; pumps run on their own loops,
// everything here is for any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "weft/base/async.h"
#include "weft/base/clock.h"

namespace weft::adapters::mcp {

class Pumps : public std::enable_shared_from_this<Pumps> {
 public:
  /// Runs `work` on a loop. `stop` (called once at most, from any thread) has to bring its end; it
  /// must not keep the work alive.
  void run(Executor executor, Awaitable<> work, std::function<void()> stop);
  /// Stops all and waits for their ends, at most `bound`. Not from a loop's thread.
  void stop(Milliseconds bound);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::list<std::function<void()>> stops_;
  bool stopping_ = false;
};

}  // namespace weft::adapters::mcp
