// Whether a value is backed by the words that are said to give it. Owned by dialogue; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/talk/concierge.h"

namespace weft::dialogue {

/// Whether these words stand in the text, whole and one after the other; case, white space and
/// marks aside. No words stand nowhere.
bool stands_in(std::string_view words, std::string_view text);

/// How words are read without a model, to compare.
struct Reader {
  const ReadValues& extract;
  std::chrono::local_seconds now;
  const Phrases& phrases;
};

/// Nothing wrong: the words give this value. `strictly`: a value that only an interpretation of
/// them gives is none (a choice that is not named, a number that was not read).
Result<void> check_backed(const Slot& slot, const json::value& value, std::string_view words,
                          const Reader& reader, bool strictly);

/// Whether the value is of the slot's kind and fits what the skill's schema says of it.
Result<void> check_fits(const KnownSkill& skill, const Slot& slot, const json::value& value);

/// Two writings of one value: `20` and `20.0`, `15:30` and `15:30:00`, `savings` and `Savings`.
bool same_value(const json::value& a, const json::value& b);

}  // namespace weft::dialogue
