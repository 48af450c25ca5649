// What to do after the person spoke: ask for what is missing, have it confirmed, or call. Owned by
// dialogue; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/dialogue/slots/tracker.h"

namespace weft::dialogue {

/// Slots that are asked for in one question.
inline constexpr std::size_t kAskedMax = 3;

struct Decision {
  enum class Kind : std::uint8_t { other, ask, confirm, call };
  Kind kind = Kind::other;
  std::size_t form = 0;
  std::size_t skill = 0;
  std::vector<std::size_t> missing;  ///< required slots, in the order of the skill
  /// Of them, the surest first, those to be asked for: not those of which the person may have
  /// spoken already, as long as another one is missing.
  std::vector<std::size_t> asks;
  std::vector<std::pair<std::size_t, std::string>> parameters;  ///< of confirm and call
};
std::string_view to_string(Decision::Kind kind);

/// Of the form that the person spoke of last, and of two that opened a skill.
Decision decide(const Memory& memory, const TurnChange& change);

}  // namespace weft::dialogue
