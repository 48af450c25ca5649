// What the concierge says and listens for, in one language. Owned by the language's folder;
// constant.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace weft::dialogue {

using Words = std::span<const std::string_view>;

/// What a person says to a question besides its answer. Entries are in lower case; several words
/// stand with one space between them.
struct ReplyWords {
  Words affirm;
  Words negate;
  Words cancel;
  Words help;
  Words human;
  Words repeat;
  Words back;
  Words more;
  Words any;  ///< "I don't mind"
  Words greet;
  Words thank;
  Words part;      ///< "goodbye"
  Words polite;    ///< says nothing by itself
  Words ordinals;  ///< the first, the second …
  Words around;    ///< beside them, in a choice and nothing else: "I'll take the … one"
  Words last;
};

/// "the cheapest": the least (or most) of fields of these names.
struct Extreme {
  Words words;
  Words fields;
  bool least = true;
};

/// Words that stand for something said before.
struct ReferenceWords {
  Words place;    ///< "there"
  Words exist;    ///< "is there", which is no place
  Words day;      ///< "same day"
  Words places;   ///< names of what is a place, those that say most first: "address", "venue"
  Words ways;     ///< names of slots that may be places: "to"
  Words thing;    ///< "it", "that": what came last
  Words same;     ///< "that one", "it": what was chosen of a list
  Words other;    ///< "the other one"
  Words ones;     ///< after an ordinal: "one", "option"
  Words numbers;  ///< before a number: "number", "option"
  std::span<const Extreme> extremes;
  std::span<const Words> kin;  ///< names of slots that mean the same
};

/// A word before a value that tells for which slots it is: "to" for a recipient.
struct LeadWord {
  std::string_view word;
  Words slots;
};

/// Texts with `{}` where values go.
struct Phrases {
  ReplyWords reply;
  ReferenceWords reference;
  Words connectors;  ///< between two wishes: "and then", "and"
  std::span<const LeadWord> leads;
  Words articles;      ///< before a name: "the", "my"
  Words indefinite;    ///< names nothing: "someone", "there"
  Words answer_leads;  ///< before an answer: "it is", "my name is"
  Words statements;    ///< begin what says how things are: "I have"
  Words free_texts;    ///< names of slots that any words may be for: "message"
  Words streets;       ///< the last word of a street's name: "road"

  std::string_view and_word;
  std::string_view or_word;
  std::string_view ask_one;      ///< {} the slot
  std::string_view ask_way;      ///< {} the slot, where its name is no noun
  std::string_view ask_choice;   ///< {} the slot, {} the choices
  std::string_view ask_several;  ///< {} the slots
  std::string_view ask_again;
  std::string_view which_skill;    ///< {} the candidates, one a line
  std::string_view cannot;         ///< {} what was said, {} the nearest
  std::string_view cannot_at_all;  ///< {} what was said
  std::string_view nothing_heard;
  std::string_view nothing_waits;    ///< a yes to nothing
  std::string_view nothing_meant;    ///< {} "there"
  std::string_view cancelled;        ///< {} the wish
  std::string_view confirm;          ///< {} the wish, {} the values, one a line
  std::string_view value_said;       ///< {} slot, {} value
  std::string_view value_from;       ///< {} slot, {} value, {} where it came from
  std::string_view said_before;      ///< where a carried value came from
  std::string_view done;             ///< {} the wish, {} the answer
  std::string_view failed;           ///< {} the wish, {} why
  std::string_view refused;          ///< {} the wish
  std::string_view unknown_outcome;  ///< {} the wish
  std::string_view gone;             ///< {} the solution
  std::string_view working;          ///< {} the wish
  std::string_view stopping;         ///< {} the wish
  std::string_view stopped;          ///< {} the wish
  std::string_view cannot_stop;      ///< {} the wish
  std::string_view changing;         ///< {} the wish
  std::string_view cannot_change;    ///< {} the wish
  std::string_view noted;            ///< {} another wish, {} the one that is done now
  std::string_view still_more;       ///< {} how many of a list were not told
  std::string_view no_more;
  std::string_view needs_value;     ///< "I don't mind" to what must be said
  std::string_view nothing_before;  ///< "back" at the beginning
  std::string_view help;            ///< {} what can be done, one a line
  std::string_view human;
  std::string_view greeting;
  std::string_view welcome;  ///< to thanks
  std::string_view parting;
  std::string_view not_taken;  ///< {} the wish, {} the slot, {} why the value is none
};

const Phrases& english_phrases();

/// The text with each `{}` replaced in turn.
std::string filled(std::string_view text, std::initializer_list<std::string_view> values);
/// `a, b and c`.
std::string listed(std::span<const std::string> items, std::string_view last);

}  // namespace weft::dialogue
