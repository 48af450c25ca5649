// Finds what an utterance names, whatever it is about: numbers, money, dates and so on. Owned by
// the concierge; immutable, any thread.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "weft/dialogue/extract/phrase_book.h"
#include "weft/dialogue/extract/value.h"
#include "weft/dialogue/language/language.h"

namespace weft::dialogue {

/// All readings are given, so values overlap: "the 5th of March" is that, "5th of March", and an
/// ordinal. What has no value but its name has an empty canonical form: money without an amount
/// ("in euros"), "percent" alone, and a day that no calendar has ("February 30th"); such a value
/// fills nothing. A relative ordinal ("last", "next one") is `end`, `end-1`, `current+1`. A period
/// of days that has a name ends before TO ("next week": Monday to Monday); the ends that somebody
/// says are as they are said. Telephone numbers, addresses and names know no language.
class Extractor {
 public:
  explicit Extractor(const Language& language);

  /// Those of the first kUtteranceBytesMax bytes, in the order of where they begin, the longest
  /// first. Any bytes; linear in their number. `now` is the person's clock.
  std::vector<Value> values(std::string_view utterance, std::chrono::local_seconds now) const;

 private:
  PhraseBook book_;
};

}  // namespace weft::dialogue
