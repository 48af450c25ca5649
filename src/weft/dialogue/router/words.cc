#include "weft/dialogue/router/words.h"

#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || is_lower(c) || is_upper(c);
}
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::vector<std::string> words_of(std::string_view utterance) {
  utterance = utterance.substr(0, kUtteranceBytesMax);
  std::vector<std::string> out;
  std::string word;
  for (std::size_t i = 0; i < utterance.size(); ++i) {
    const char c = utterance[i];
    const bool joins = c == '\'' && !word.empty() && is_letter(word.back()) &&
                       i + 1 < utterance.size() && is_letter(utterance[i + 1]);
    if (is_word(c) || joins) {
      word += lower(c);
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

std::vector<std::string> words_of_name(std::string_view name) {
  name = name.substr(0, kUtteranceBytesMax);
  std::string spoken;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins = i > 0 && is_upper(name[i]) &&
                        (is_lower(name[i - 1]) ||
                         (is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1])));
    if (begins) spoken += ' ';
    spoken += name[i];
  }
  return words_of(spoken);
}

}  // namespace weft::dialogue
