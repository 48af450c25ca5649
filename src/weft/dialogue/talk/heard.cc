#include "weft/dialogue/talk/heard.h"

#include <algorithm>

#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_mark(char c) { return c == ',' || c == ';' || c == '.' || c == '?' || c == '!'; }

}  // namespace

std::vector<HeardWord> heard_words(std::string_view utterance) {
  utterance = utterance.substr(0, kUtteranceBytesMax);
  std::vector<HeardWord> out;
  const auto word_at = [&](std::size_t at) {
    return at < utterance.size() && is_word(utterance[at]);
  };
  for (std::size_t i = 0; i < utterance.size() && out.size() < kUtteranceWordsMax;) {
    if (is_mark(utterance[i]) && !word_at(i + 1)) {
      out.push_back({std::string(1, utterance[i]), i, i + 1});
      ++i;
      continue;
    }
    if (!is_word(utterance[i])) {
      ++i;
      continue;
    }
    HeardWord token;
    token.begin = i;
    while (word_at(i) || (i < utterance.size() && utterance[i] == '\'' && word_at(i + 1))) {
      const char c = utterance[i++];
      token.word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    token.end = i;
    out.push_back(std::move(token));
  }
  return out;
}

std::size_t match(std::span<const HeardWord> tokens, std::size_t at, Words phrases) {
  std::size_t longest = 0;
  for (const std::string_view phrase : phrases) {
    std::size_t used = 0;
    bool same = true;
    for (std::size_t begin = 0; same && begin <= phrase.size();) {
      const std::size_t end = std::min(phrase.find(' ', begin), phrase.size());
      same =
          at + used < tokens.size() && tokens[at + used].word == phrase.substr(begin, end - begin);
      ++used;
      begin = end + 1;
    }
    if (same) longest = std::max(longest, used);
  }
  return longest;
}

bool holds(std::span<const HeardWord> tokens, Words phrases) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (match(tokens, i, phrases) > 0) return true;
  }
  return false;
}

}  // namespace weft::dialogue
