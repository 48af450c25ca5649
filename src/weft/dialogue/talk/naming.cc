#include "weft/dialogue/talk/naming.h"

#include "weft/dialogue/router/words.h"

namespace weft::dialogue {

std::string readable(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z' && !out.empty() && out.back() >= 'a' && out.back() <= 'z') out += ' ';
    out += c == '_' || c == '.' || c == '-' ? ' ' : c;
  }
  return out;
}

std::vector<std::string> name_words(std::string_view name) { return words_of(readable(name)); }

}  // namespace weft::dialogue
