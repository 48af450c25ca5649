#include "weft/ml/jobs/object_place.h"

#include <algorithm>

namespace weft::ml {
namespace {

constexpr std::size_t kSegmentBytesMax = 255;

bool fits(std::string_view place) {
  while (true) {
    const auto end = std::min(place.find('/'), place.size());
    const std::string_view segment = place.substr(0, end);
    if (segment.empty() || segment == "." || segment == ".." || segment.size() > kSegmentBytesMax ||
        segment.contains('\0'))
      return false;
    if (end == place.size()) return true;
    place.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> object_place(std::string_view key, std::string_view prefix) {
  const std::size_t base = prefix.rfind('/') + 1;  // 0 without a slash
  if (!key.starts_with(prefix)) return std::nullopt;
  std::string_view rest = key.substr(base);
  const std::string_view last = prefix.substr(base);
  if (!last.empty() && rest.substr(last.size()).starts_with('/'))
    rest.remove_prefix(last.size() + 1);
  if (!fits(rest)) return std::nullopt;
  return std::string(rest);
}

}  // namespace weft::ml
