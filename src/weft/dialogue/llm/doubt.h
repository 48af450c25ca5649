// Whether a turn is clear without a language model. Owned by dialogue; pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "weft/dialogue/llm/evidence.h"

namespace weft::dialogue {

enum class Doubt : std::uint8_t {
  none,      ///< clear: it stays here
  skill,     ///< the router is not sure which skill is meant
  nobody,    ///< the router finds nobody who can do it
  answer,    ///< a question stays without an answer
  conflict,  ///< more than one value would fit a slot
  length     ///< it has more words than a clear sentence has
};
std::string_view to_string(Doubt doubt);

/// What the concierge, without a model, left in doubt when it heard this: `before` became `after`.
/// A mere yes, no, "never mind" and the like is no doubt.
Doubt doubt_of(const Conversation& before, const Conversation& after, std::string_view utterance,
               const Repertoire& repertoire, const Reader& reader);

}  // namespace weft::dialogue
