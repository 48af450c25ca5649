// What a wish's words refer to: "there", "the same day", "it", "the second one", "the cheapest",
// "the other". From the blackboard and the last list that was told, into slots that are open. Owned
// by dialogue; pure, any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/talk/conversation.h"
#include "weft/dialogue/talk/repertoire.h"

namespace weft::dialogue {

/// What of a list is meant: an index from 0, -1 the last; the words that say so.
struct Picked {
  enum class Kind : std::uint8_t { index, other, extreme, same } kind = Kind::index;
  int index = 0;
  std::size_t extreme = 0;  ///< which of phrases.reference.extremes
  std::string said;
};
/// The first such words of a text ("the second one", "number 2", "the cheaper one", "the other",
/// "that one"); nothing when there are none.
std::optional<Picked> picked_in(std::string_view text, const Offers& offers,
                                const Phrases& phrases);
/// Which of the list it is; nothing when it fits none, or more than one.
std::optional<std::size_t> index_of(const Picked& picked, const Offers& offers,
                                    const Phrases& phrases);

/// Puts what the wish refers to into its open slots, and notes what of the list was chosen. Gives
/// the words that nothing fits.
std::vector<std::string> refer(Wish& wish, const KnownSkill& skill, Conversation& conversation,
                               const Phrases& phrases);

/// Into required slots that are still open: what the person said before for a slot of the same
/// name, and what the solution itself called a thing that it made ("ride": "t-x7k2m9").
void carry_over(Wish& wish, const KnownSkill& skill, std::span<const Note> board);

/// Whether an item of the list would fill a required slot of the skill.
bool takes_item(const KnownSkill& skill, const Offers& offers, std::size_t index,
                const Phrases& phrases);

}  // namespace weft::dialogue
