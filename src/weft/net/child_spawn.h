// Starting a program with pipes for its standard streams, in a process group of its own. Owned by
// net; any thread.
#pragma once

#include "weft/net/child.h"

namespace weft::net {

/// The hub's ends of the pipes, non-blocking, -1 where there is none; whoever gets them closes
/// them.
struct Spawned {
  int pid = -1;
  /// Readable once the process ended.
  int pid_fd = -1;
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// Errors name the command and why it cannot be started.
Result<Spawned> spawn(const ChildCommand& command);

}  // namespace weft::net
