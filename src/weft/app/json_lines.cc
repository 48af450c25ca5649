#include "weft/app/json_lines.h"

#include <algorithm>
#include <format>

#include "weft/app/files.h"

namespace weft::app {

Result<std::vector<JsonLine>> read_json_lines(const std::string& path) {
  WEFT_TRY(const std::string text, read_file(path));
  std::vector<JsonLine> out;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = std::format("{}:{}", path, number);
    WEFT_TRY(json::object object, json::parse_object(line, place));
    out.push_back({.place = place, .object = std::move(object)});
  }
  if (out.empty()) return fail(Reason::invalid_argument, std::format("{}: it has no line", path));
  return out;
}

}  // namespace weft::app
