#include "weft/dialogue/language/content.h"

#include <algorithm>

#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/language/vocabulary.h"

namespace weft::dialogue {

bool is_content_word(std::string_view word) {
  if (word.size() < 2) return false;
  const Phrases& phrases = english_phrases();
  for (const Words words : {phrases.indefinite, phrases.articles, phrases.reply.polite}) {
    if (std::ranges::contains(words, word)) return false;
  }
  const ClassedWord* known = english_vocabulary().find(word);
  return known == nullptr || known->word_class == WordClass::none;
}

}  // namespace weft::dialogue
