#include "weft/dialogue/language/phrases.h"

#include <string>

namespace weft::dialogue {

std::string filled(std::string_view text, std::initializer_list<std::string_view> values) {
  std::string out;
  for (const std::string_view value : values) {
    const auto at = text.find("{}");
    if (at == std::string_view::npos) break;
    out += text.substr(0, at);
    out += value;
    text.remove_prefix(at + 2);
  }
  out += text;
  return out;
}

std::string listed(std::span<const std::string> items, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) {
      out += i + 1 == items.size() ? " " : ", ";
      if (i + 1 == items.size()) {
        out += last;
        out += ' ';
      }
    }
    out += items[i];
  }
  return out;
}

}  // namespace weft::dialogue
