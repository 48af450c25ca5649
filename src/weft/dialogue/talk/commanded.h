// Does to a conversation what a language model's commands say, as far as they were found to hold:
// the same effects as hearing a clear sentence. Order, consent and retries are not theirs. Owned by
// dialogue; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/dialogue/llm/checked.h"
#include "weft/dialogue/talk/concierge.h"

namespace weft::dialogue {

struct Commanded {
  Conversation conversation;      ///< after it
  std::vector<std::string> told;  ///< what is to be told at once
};

/// Nothing when the commands change nothing: then it is as it was heard without them.
std::optional<Commanded> follow_commands(const CheckedCommands& checked, const Scene& scene,
                                         const Repertoire& repertoire, const Reader& reader);

}  // namespace weft::dialogue
