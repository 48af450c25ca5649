// Words of an utterance with their places. Owned by dialogue; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/language/phrases.h"

namespace weft::dialogue {

struct HeardWord {
  std::string word;       ///< ASCII letters in lower case
  std::size_t begin = 0;  ///< bytes of the utterance, up to `end`
  std::size_t end = 0;
};

/// Runs of letters, digits and bytes beyond ASCII, an apostrophe between them kept; `,`, `;` and
/// `.` before a space are tokens of their own. At most kUtteranceWordsMax.
std::vector<HeardWord> heard_words(std::string_view utterance);

/// How many tokens from `at` on the longest of these phrases takes; 0: none begins there.
std::size_t match(std::span<const HeardWord> tokens, std::size_t at, Words phrases);
/// Whether any of them stands anywhere.
bool holds(std::span<const HeardWord> tokens, Words phrases);

}  // namespace weft::dialogue
