// What a skill asks for, as a form: its slots. Owned by whoever reads a schema; plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::dialogue {

enum class SlotKind : std::uint8_t {
  text,
  number,
  integer,
  boolean,
  choice,
  date,
  time,
  date_time,
  duration,
  money,
  email,
  phone,
  url,
};
std::string_view to_string(SlotKind kind);

struct Slot {
  std::string name;  ///< of nested objects: with dots
  std::string description;
  SlotKind kind = SlotKind::text;
  std::vector<std::string> choices;  ///< of booleans none; numbers as JSON writes them
  bool required = false;
  std::optional<std::string> initial;  ///< what holds where nothing is said; JSON's `default`
  friend bool operator==(const Slot&, const Slot&) = default;
};

/// The slots of a JSON Schema of an object, in its order: `type`, `format`, `enum`, `const`,
/// `oneOf`/`anyOf` of constants, `required`, `default`; nested objects by dots, references to the
/// document's own definitions followed to kSlotDepthMax. Errors: Reason::invalid_argument with the
/// pointer of the property (choices of which none is of the type; more than kSlotsMax slots).
Result<std::vector<Slot>> slots_of(const json::value& schema);

/// What a name and a description say of the kind where nothing else does ("pickup_date" is a date).
SlotKind kind_of_words(std::string_view name, std::string_view description);

}  // namespace weft::dialogue
