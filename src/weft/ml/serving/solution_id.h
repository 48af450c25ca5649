// By which id a deployed endpoint is called from other protocols. Owned by ml; pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace weft::ml {

/// The endpoint's name as an id, where it is short enough to be a whole one and nobody has it; else
/// with its owner behind it; else its beginning and a mark of owner and name. Two long names that
/// begin alike are two ids.
std::string solution_id_of(std::string_view owner, std::string_view name,
                           const std::function<bool(std::string_view)>& taken);

}  // namespace weft::ml
