#include "weft/adapters/a2a/extensions.h"

#include <algorithm>
#include <ranges>
#include <string_view>

#include "weft/adapters/a2a/limits.h"
#include "weft/wire/http.h"

namespace weft::adapters::a2a {
namespace {

constexpr std::string_view kHeader = "A2A-Extensions";
constexpr std::string_view kOldHeader = "X-A2A-Extensions";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string> extensions_in(const wire::Headers& headers) {
  std::vector<std::string> out;
  for (const auto& [name, value] : headers) {
    if (!wire::same_name(name, kHeader) && !wire::same_name(name, kOldHeader)) continue;
    for (const auto piece : std::views::split(value, ',')) {
      const std::string_view uri = trimmed(std::string_view(piece));
      if (uri.empty() || out.size() >= kExtensionsMax || std::ranges::contains(out, uri)) continue;
      out.emplace_back(uri);
    }
  }
  return out;
}

void name_extensions(wire::Headers& headers, const std::vector<std::string>& extensions,
                     Version version) {
  std::string value;
  for (const std::string& uri : extensions) {
    if (!wire::valid_header_value(uri)) continue;
    if (!value.empty()) value += ", ";
    value += uri;
  }
  if (!value.empty()) headers.set(version == Version::v10 ? kHeader : kOldHeader, value);
}

}  // namespace weft::adapters::a2a
