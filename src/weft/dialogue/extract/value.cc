#include "weft/dialogue/extract/value.h"

#include <array>

namespace weft::dialogue {

std::string_view to_string(ValueType type) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "number", "ordinal",  "percent", "money", "quantity", "date",   "time", "date_time",
      "period", "duration", "phone",   "email", "url",      "quoted", "name", "choice"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace weft::dialogue
