#include "weft/wire/media_type.h"

#include "weft/wire/http.h"

namespace weft::wire {

namespace {

/// The type alone, as it was written; empty when it is none.
std::string_view written_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  while (type.starts_with(' ') || type.starts_with('\t')) type.remove_prefix(1);
  const auto slash = type.find('/');
  if (slash == type.npos || !valid_header_name(type.substr(0, slash)) ||
      !valid_header_name(type.substr(slash + 1)))
    return {};
  return type;
}

}  // namespace

bool is_media_type(std::string_view content_type, std::string_view type) {
  return !type.empty() && same_name(written_type(content_type), type);
}

std::string media_type(std::string_view content_type) {
  std::string out(written_type(content_type));
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

}  // namespace weft::wire
