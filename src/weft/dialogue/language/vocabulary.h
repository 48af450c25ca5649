// What a language's words are, as far as understanding must know: tables, one folder a language.
// Owned by the language; constant.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weft::dialogue {

/// Classes of words that come in closed lists.
enum class WordClass : std::uint8_t {
  none,
  function,  ///< no value begins or ends with it
  month,
  weekday,
  day_part,  ///< morning
  half_day,  ///< am
  relative,  ///< tomorrow
  unit,      ///< week
  number,
  ordinal,
  qualifier,  ///< next, past, half
};

struct ClassedWord {
  std::string_view word;
  WordClass word_class;
  int number = -1;  ///< of number words
};

/// A word of a slot's name that says of which kind it is (the number of a SlotKind).
struct KindWord {
  std::string_view word;
  std::uint8_t kind;
};

struct Vocabulary {
  std::span<const ClassedWord> words;  ///< sorted
  std::span<const KindWord> kinds;

  /// Of a word in lower case.
  const ClassedWord* find(std::string_view word) const;
};

const Vocabulary& english_vocabulary();

}  // namespace weft::dialogue
