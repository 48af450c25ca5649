#include "weft/dialogue/language/english/english.h"

#include <array>

#include "weft/dialogue/language/english/tables.h"

namespace weft::dialogue {

const Language& english() {
  static const std::array<std::span<const Phrase>, 5> kTables = {
      english_numbers(), english_calendar(), english_currencies(), english_units(),
      english_function_words()};
  static const Language kEnglish = {.code = "en", .tables = kTables, .plural = "s"};
  return kEnglish;
}

}  // namespace weft::dialogue
