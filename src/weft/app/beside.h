// A program of the hub's own beside it (doors/): started, and again when it dies. Owned by
// RunningHub; the first loop.
#pragma once

#include <memory>
#include <string>

#include "weft/base/async.h"
#include "weft/net/child.h"

namespace weft::app {

class Beside {
 public:
  struct Parts {
    Executor executor;
    std::string name;  ///< for messages: "the gRPC door"
    net::ChildCommand command;
  };
  explicit Beside(Parts parts);
  ~Beside();

  /// Starts it and waits until it says `listening on WHERE`: where. Tried again for a second.
  /// Errors: in the program's own words.
  Awaitable<Result<std::string>> open(CancelToken cancel);
  /// Starts it again whenever it ends, with growing pauses, until cancelled; then ends it.
  Awaitable<> keep(CancelToken cancel);

 private:
  Awaitable<Result<std::string>> begin(CancelToken cancel);

  Parts parts_;
  std::unique_ptr<net::ChildProcess> child_;
};

}  // namespace weft::app
