#include "weft/base/named_error.h"

#include <format>

namespace weft {

Error named(Error error, std::string_view solution) {
  if (!error.solution.empty()) return error;
  error.solution = solution;
  error.message = std::format("solution \"{}\": {}", solution, error.message);
  return error;
}

}  // namespace weft
