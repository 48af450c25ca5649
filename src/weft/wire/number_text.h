// Numbers in text as tables of data have them. Owned by wire; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::wire {

/// The number nearest to the text (blanks around it, a leading `+`, `nan` and `inf` in any case are
/// fine); nothing when it is none. Past a float's range it is infinite or zero.
std::optional<float> to_float(std::string_view text);
/// A piece of text for a message: cut, and printable.
std::string shown(std::string_view text);

}  // namespace weft::wire
