#include "weft/dialogue/language/lexicon.h"

#include <algorithm>

namespace weft::dialogue {

const ClassedWord* Lexicon::find(std::string_view word) const {
  const auto at = std::ranges::lower_bound(words, word, {}, &ClassedWord::word);
  return at != words.end() && at->word == word ? &*at : nullptr;
}

}  // namespace weft::dialogue
