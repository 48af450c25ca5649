// The words of an utterance with their places, and what each looks like. Owned by dialogue; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/language/vocabulary.h"

namespace weft::dialogue {

/// What parts a word from the one before.
enum class Break : std::uint8_t { none, comma, sentence };

struct Token {
  std::size_t begin = 0;  ///< bytes of the utterance, up to `end`
  std::size_t end = 0;
  std::string lower;
  std::uint64_t hash = 0;   ///< of lower
  std::uint32_t shape = 0;  ///< of its class, its digits, its capital; of function words their own
  bool capital = false;
  bool function = false;  ///< in lower case: no value begins or ends with it
  Break before = Break::none;
  int number = -1;  ///< that it says
};

/// At most kUtteranceWordsMax.
std::vector<Token> tokens_of(std::string_view utterance, const Vocabulary& vocabulary);

/// FNV-1a of a text, and of two hashes.
std::uint64_t hash_of(std::string_view text);
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = (a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6U) + (a >> 2U)));
  out *= 0xff51afd7ed558ccdULL;
  return out ^ (out >> 33U);
}

/// Of a name or description: lower case, parted at `_`, `.` and capitals.
std::vector<std::string> name_words_of(std::string_view name, const Vocabulary& vocabulary,
                                       bool function_words);

}  // namespace weft::dialogue
