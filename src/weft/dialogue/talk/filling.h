// From what was said to the slots of a skill. Owned by dialogue; pure, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/extract/value.h"
#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/talk/conversation.h"
#include "weft/dialogue/talk/repertoire.h"

namespace weft::dialogue {

/// What was said, and what of it can be told apart.
struct Said {
  std::string_view text;
  std::span<const Value> values;
  int turn = 0;
  /// The slots that the question was for: the words then need not say so again.
  std::span<const std::string> asked;
  /// A value that is known may be replaced.
  bool corrects = false;
  /// The wish begins with it.
  bool opens = false;
};

/// Puts it into the slots of the wish that it fits; gives their names.
std::vector<std::string> fill(Wish& wish, const KnownSkill& skill, const Said& said,
                              const Phrases& phrases);

/// The names of required slots that nothing fills.
std::vector<std::string> missing(const Wish& wish, const KnownSkill& skill);
/// The names of slots whose value was refused, and that have no other yet.
std::vector<std::string> still_refused(const Wish& wish);

/// The arguments of the call.
json::object arguments_of(const Wish& wish, const KnownSkill& skill);

}  // namespace weft::dialogue
