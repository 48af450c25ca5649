// Judges what a language model answered: only what the person's own words back, or what was named
// before, is used. Never is a command a consent. Owned by dialogue; pure.
#pragma once

#include <string>
#include <vector>

#include "weft/dialogue/llm/commands.h"
#include "weft/dialogue/llm/evidence.h"

namespace weft::dialogue {

/// A value that was found to be backed.
struct BackedValue {
  std::string slot;
  Filled filled;
  friend bool operator==(const BackedValue&, const BackedValue&) = default;
};

struct CheckedCommand {
  Command command;
  std::vector<BackedValue> values;  ///< those that hold
  /// Slots whose value did not hold: they count as missing.
  std::vector<std::string> refused;
  std::size_t wish = 0;   ///< of set, correct and cancel: which of the conversation
  std::size_t place = 0;  ///< of start: where in what was said
};

struct CheckedCommands {
  std::vector<CheckedCommand> commands;
  std::vector<std::string> faults;  ///< in words for the model
};

CheckedCommands check_commands(const ReadCommands& read, const Scene& scene, const Reader& reader);

}  // namespace weft::dialogue
