// Files of JSON lines. Owned by app; blocks.
#pragma once

#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::app {

struct JsonLine {
  std::string place;  ///< `FILE:LINE`
  json::object object;
};

/// Empty lines do not count. Errors name the line; a file without any is one.
Result<std::vector<JsonLine>> read_json_lines(const std::string& path);

}  // namespace weft::app
