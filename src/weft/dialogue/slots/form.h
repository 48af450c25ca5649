// A family of skills over shared slots: what one solution can do, and what it needs to know for it.
// Owned by whoever reads a schema; plain data.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/slots/slot.h"

namespace weft::dialogue {

struct OptionalSlot {
  std::size_t slot = 0;  ///< of Form::slots
  std::string initial;   ///< `dontcare`: nothing is sent
};

struct FormSkill {
  std::string name;
  std::string description;
  bool transactional = false;  ///< it changes something in the world
  std::vector<std::size_t> required;
  std::vector<OptionalSlot> optional;
  std::vector<std::size_t> results;
};

struct Form {
  std::string name;
  std::string description;
  std::vector<Slot> slots;
  std::vector<FormSkill> skills;

  std::optional<std::size_t> slot(std::string_view slot_name) const {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].name == slot_name) return i;
    }
    return std::nullopt;
  }
  std::optional<std::size_t> skill(std::string_view skill_name) const {
    for (std::size_t i = 0; i < skills.size(); ++i) {
      if (skills[i].name == skill_name) return i;
    }
    return std::nullopt;
  }
};

/// The value of a slot of which the person does not care.
inline constexpr std::string_view kDontCare = "dontcare";
inline constexpr std::string_view kTrue = "True";
inline constexpr std::string_view kFalse = "False";

}  // namespace weft::dialogue
