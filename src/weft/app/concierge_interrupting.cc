// What a person says while a solution works.
#include <utility>

#include "weft/app/concierge_talk.h"
#include "weft/dialogue/talk/reply.h"

namespace weft::app {

/// Whether nothing is changed by it. Of anything else nobody could say whether it was done before
/// it heard that it should stop.
bool ConciergeTalk::can_stop(const dialogue::Wish& wish) const {
  const auto snapshot = parts_.hub.registry().snapshot();
  const auto found = hub::find_skill(*snapshot, wish.solution, wish.skill);
  return found && found->skill->effects.read_only.value_or(false);
}

std::optional<std::string> ConciergeTalk::interrupt(std::string_view words) {
  const dialogue::Wish* wish = conversation_.current();
  if (running_ == nullptr || wish == nullptr) return std::nullopt;
  const auto& phrases = dialogue::english_phrases();
  const dialogue::Reply reply = dialogue::read_reply(phrases.reply, words);
  const std::string title = concierge_.title_of(*wish);
  understanding_.say(/*by_person=*/true, words);
  const bool stops =
      reply.only && (reply.act == dialogue::Act::cancel || reply.act == dialogue::Act::negate);
  if (stops) {
    if (!can_stop(*wish)) return dialogue::filled(phrases.cannot_stop, {title});
    stopped_ = true;
    corrected_ = false;
    running_->cancel(make_error(Reason::cancelled, "the person took it back"));
    return dialogue::filled(phrases.stopping, {title});
  }
  if (auto said = correct(words)) return said;
  // Something else, which comes after it.
  std::string out;
  const auto told = concierge_.hear(conversation_, words, now());
  for (const std::string& line : told) out += line + "\n";
  for (const dialogue::Wish& each : conversation_.wishes) {
    if (&each != conversation_.current() && each.state == dialogue::WishState::open)
      out += dialogue::filled(phrases.noted, {concierge_.title_of(each), title}) + "\n";
  }
  if (out.empty()) return conversation_.pending.text;
  out.pop_back();
  return out;
}

/// Other values for what is under way: nothing when the words say none.
std::optional<std::string> ConciergeTalk::correct(std::string_view words) {
  dialogue::Conversation changed = conversation_;
  if (concierge_.object(changed, words, now()) != dialogue::Concierge::Objection::corrected)
    return std::nullopt;
  const dialogue::Wish& wish = *conversation_.current();
  const auto& phrases = dialogue::english_phrases();
  const std::string title = concierge_.title_of(wish);
  if (!can_stop(wish)) return dialogue::filled(phrases.cannot_change, {title});
  conversation_ = std::move(changed);
  corrected_ = true;
  running_->cancel(make_error(Reason::cancelled, "the person corrected it"));
  return dialogue::filled(phrases.changing, {title});
}

/// The call ended: the wish is over, or is to be done once more with what was corrected.
void ConciergeTalk::ended(const model::End& end) {
  const auto& phrases = dialogue::english_phrases();
  dialogue::Wish& wish = *conversation_.current();
  const bool made_before =
      !std::exchange(wish.call, "").empty() && wish.state != dialogue::WishState::calling;
  if (made_before && !end.outcome) {
    // It was not allowed another time; what came of the first time nobody knows.
    told_.push_back(concierge_.lost(conversation_));
  } else if (corrected_) {
    wish.state = dialogue::WishState::open;
    wish.upstream_task.clear();
  } else if (stopped_ && !end.outcome) {
    wish.state = dialogue::WishState::refused;
    wish.answer = dialogue::filled(phrases.stopped, {concierge_.title_of(wish)});
    told_.push_back(wish.answer);
  } else {
    told_.push_back(concierge_.took(conversation_, end.outcome));
  }
}

}  // namespace weft::app
