#include "weft/dialogue/language/vocabulary.h"

#include <algorithm>

namespace weft::dialogue {

const ClassedWord* Vocabulary::find(std::string_view word) const {
  const auto at = std::ranges::lower_bound(words, word, {}, &ClassedWord::word);
  return at != words.end() && at->word == word ? &*at : nullptr;
}

}  // namespace weft::dialogue
