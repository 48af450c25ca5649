// The concierge's policy: what is done with a sentence, and what is to be done next. Deterministic;
// it knows no protocol, calls nobody and keeps nothing: whoever leads the conversation
// (app/concierge_service.h) asks, calls and keeps. Immutable, any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/extract/value.h"
#include "weft/dialogue/language/phrases.h"
#include "weft/dialogue/talk/conversation.h"
#include "weft/dialogue/talk/repertoire.h"
#include "weft/model/event.h"

namespace weft::dialogue {

/// What is to be done now.
struct Step {
  enum class Kind : std::uint8_t {
    ask,   ///< ask `text`; the answer goes to hear()
    call,  ///< call the current wish's skill; what it comes to goes to took()
    rest   ///< nothing is left
  } kind = Kind::rest;
  std::string text;
  std::string message;     ///< of a call to one that converses: what is said to it
  json::object arguments;  ///< of other calls
};

using ReadValues =
    std::function<std::vector<Value>(std::string_view utterance, std::chrono::local_seconds now)>;

class RoutedParts;
struct Said;

class Concierge {
 public:
  Concierge(std::shared_ptr<const Repertoire> repertoire, ReadValues extract,
            const Phrases& phrases = english_phrases());

  /// The person said this; gives what is to be told at once. `now` is the person's own clock.
  std::vector<std::string> hear(Conversation& conversation, std::string_view utterance,
                                std::chrono::local_seconds now) const;
  /// Asks of the conversation's own accord are noted in it as pending. `told` gets what is to be
  /// told first.
  Step next(Conversation& conversation, std::vector<std::string>& told) const;
  /// What the call of the current wish came to; gives what is to be told.
  std::string took(Conversation& conversation, const Result<model::Output>& outcome) const;
  /// The call of the current wish was begun in a life of weft's that ended, and cannot be found
  /// again: it is not made another time.
  std::string lost(Conversation& conversation) const;

  /// The question for consent, with each value and where it came from.
  std::string consent_question(const Conversation& conversation) const;
  /// Whether these words say yes to it, and nothing else.
  bool consents(std::string_view words) const;
  /// What the person said instead of a yes: it is to be refused (took() then hears of it), goes on
  /// with what was corrected, or is as it was. Never is anything done with the old values.
  enum class Objection : std::uint8_t { refused, corrected, unclear };
  Objection object(Conversation& conversation, std::string_view words,
                   std::chrono::local_seconds now) const;
  /// What is said when a question was not understood.
  std::string not_understood() const;
  /// What the current wish is, who does it, with which values and where they came from: one line.
  std::string progress_of(const Conversation& conversation) const;
  std::string title_of(const Wish& wish) const;

 private:
  struct Hearing;

  void hear_new(Conversation& c, const Hearing& hearing, std::vector<std::string>& told) const;
  bool asks_for_words(const Conversation& c) const;
  bool goes_on(const Pending& pending, const Routing& routing) const;
  bool hear_picked(Conversation& c, const Hearing& hearing) const;
  void hear_answer(Conversation& c, const Hearing& hearing, std::vector<std::string>& told) const;
  bool hear_yes_or_no(Conversation& c, const Hearing& hearing, Wish& wish,
                      const KnownSkill& skill) const;
  bool digress(Conversation& c, const Hearing& hearing, Wish& wish, const KnownSkill& skill,
               const Said& said) const;
  bool pick_for(Conversation& c, Wish& wish, const KnownSkill& skill, std::string_view text) const;
  static bool do_without(Wish& wish, const KnownSkill& skill, std::span<const std::string> names);
  void hear_slots(Conversation& c, const Hearing& hearing, std::vector<std::string>& told) const;
  void hear_choice(Conversation& c, const Hearing& hearing, std::vector<std::string>& told) const;
  void open_wish(Conversation& c, const Hearing& hearing, std::string_view text,
                 const KnownSkill& skill) const;
  void ask_which(Conversation& c, std::string_view text, std::span<const RankedSkill> ranked) const;
  void ask_among(Conversation& c, std::string_view text,
                 std::span<const KnownSkill* const> skills) const;
  void go_back(Conversation& c, Wish& wish, std::vector<std::string>& told) const;
  std::string ask_anew(Conversation& c, Wish& wish, const Error& error) const;
  static void forget_said(Conversation& c, std::string_view name);
  bool states(std::string_view part) const;
  std::vector<std::string_view> segments_of(std::string_view utterance, RoutedParts& routed) const;
  std::vector<std::string_view> with_context(std::vector<std::string_view> parts,
                                             RoutedParts& routed) const;
  void note_filled(Conversation& c, const Wish& wish, std::span<const std::string> names) const;
  Step ask_for(Conversation& c, const Wish& wish, const KnownSkill& skill,
               std::vector<std::string> names) const;
  std::string with_titles(std::string text, std::string_view solution) const;
  std::string titles_of(std::span<const RankedSkill> ranked) const;
  std::string help() const;

  std::shared_ptr<const Repertoire> repertoire_;
  ReadValues extract_;
  const Phrases& phrases_;
};

}  // namespace weft::dialogue
