// What was done with a sentence: of the system known for certain, of the person guessed. Owned by
// dialogue; plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::dialogue {

enum class SystemAct : std::uint8_t {
  inform,
  request,
  confirm,
  offer,
  inform_count,
  offer_skill,
  succeeded,
  failed,
  ask_more,  ///< whether there is anything else
  goodbye,
};
inline constexpr std::size_t kSystemActs = 10;

struct SystemMove {
  SystemAct act = SystemAct::inform;
  std::optional<std::size_t> slot;   ///< of the form
  std::optional<std::size_t> skill;  ///< of the form, with offer_skill
  std::vector<std::string> values;   ///< as they were said
};

/// A result of a call: (slot, value) each.
using Entity = std::vector<std::pair<std::size_t, std::string>>;

/// What the system said last.
struct SystemTurn {
  std::size_t form = 0;
  std::vector<SystemMove> moves;
  std::vector<Entity> results;  ///< of the call that was made for it

  /// One bit for each act.
  std::uint32_t acts() const {
    std::uint32_t bits = 0;
    for (const SystemMove& move : moves) bits |= 1U << static_cast<unsigned>(move.act);
    return bits;
  }
  bool has(SystemAct act) const { return (acts() >> static_cast<unsigned>(act) & 1U) != 0; }
};

}  // namespace weft::dialogue
