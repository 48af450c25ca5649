#include "weft/dialogue/router/words.h"

#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

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

}  // namespace weft::dialogue
