// Models whose workers crash while they load and warm them. An engine that reads a hostile or
// broken file may die of it (in its sandbox, alone): such a file is not given a worker again and
// again. Owned by Endpoints; the first loop; nothing of it is kept when weft ends.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/base/result.h"
#include "weft/ml/ports.h"

namespace weft::ml {

/// Whether the program ended by a fault of its own (SIGSEGV, SIGABRT, SIGFPE …): neither by whoever
/// may end it, nor by itself with a code, nor because the sandbox ended it for its memory.
bool crashed(const WorkerEnd& end);

class Quarantine {
 public:
  /// `model` is what ModelFiles::fetch() says of the files.
  void note_crash(std::string_view model, const WorkerEnd& end, SteadyTime now);
  /// Errors: Code::failed_precondition for kQuarantine after the last of kCrashesMax.
  Result<void> allows(std::string_view model, SteadyTime now) const;
  /// Zero: it may be loaded.
  SteadyTime::duration left(std::string_view model, SteadyTime now) const;

 private:
  struct Record {
    std::size_t crashes = 0;
    std::string how;
    SteadyTime last;
  };
  std::map<std::string, Record, std::less<>> records_;
};

}  // namespace weft::ml
