// What is said as one thing, though its parts would be values by themselves: "18 Yuyuan Road,
// Changning", "5 pm". Owned by dialogue; pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "weft/dialogue/extract/value.h"
#include "weft/dialogue/language/phrases.h"

namespace weft::dialogue {

/// The values with each address (a house's number, a street and perhaps a district behind a comma)
/// as one name in place of its parts, and without numbers that a date, a time, a telephone number
/// or an address on the net is made of.
std::vector<Value> whole_values(std::string_view text, std::span<const Value> values,
                                const Phrases& phrases);

}  // namespace weft::dialogue
