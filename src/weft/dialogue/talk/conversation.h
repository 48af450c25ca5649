// What one conversation holds: the wishes of a person, what is known for each, the question that
// waits, and everything that was named (the blackboard). Plain data, kept as JSON, so that it lives
// on after the hub's end. Owned by the concierge that leads it; one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::dialogue {

/// Where a value came from.
enum class Origin : std::uint8_t {
  said,     ///< by the person
  result,   ///< a solution's answer
  carried,  ///< from another wish
  preset    ///< the schema's own default
};
std::string_view to_string(Origin origin);

/// Something that was named. `words` are those of its slot or field; `source` is the skill that
/// gave it, or empty for the person.
struct Note {
  std::string words;
  json::value value;
  std::string shown;
  Origin origin = Origin::said;
  std::string source;
  int turn = 0;
  friend bool operator==(const Note&, const Note&) = default;
};

struct Filled {
  json::value value;
  std::string shown;  ///< as the person said it, or as it reads
  Origin origin = Origin::said;
  std::string source;
  int turn = 0;
  friend bool operator==(const Filled&, const Filled&) = default;
};

enum class WishState : std::uint8_t {
  open,     ///< values are missing, or it has not been its turn
  calling,  ///< the solution was called
  done,
  failed,
  refused,  ///< the person said no, or took it back
  unknown   ///< weft ended while it was done: nobody knows whether it was
};
std::string_view to_string(WishState state);
bool is_over(WishState state);

/// One thing that a person wants done.
struct Wish {
  std::string text;      ///< in their words
  std::string solution;  ///< who does it
  std::string skill;
  std::map<std::string, Filled> slots;
  WishState state = WishState::open;
  std::string answer;  ///< what the solution said, or why it did not
  int tries = 0;       ///< questions in a row that brought nothing
  /// Slots whose value was no argument: asked for until they have one, or may do without.
  std::set<std::string> refused_slots;
  /// Of the call that was made for it: its id here and what the solution called it.
  std::string call;
  std::string upstream_task;
  std::string upstream_context;
  std::string name() const { return solution + "/" + skill; }
  friend bool operator==(const Wish&, const Wish&) = default;
};

/// The question that owns the next utterance.
struct Pending {
  enum class Kind : std::uint8_t {
    none,
    slots,   ///< values of the current wish
    skill,   ///< which of some skills is meant
    confirm  ///< whether the current wish is to be done with these values
  } kind = Kind::none;
  std::vector<std::string> slots;
  std::vector<std::string> skills;  ///< `solution/skill`
  std::string text;                 ///< as it was asked
  std::string heard;                ///< of skill: what was said
  friend bool operator==(const Pending&, const Pending&) = default;
};
std::string_view to_string(Pending::Kind kind);

/// A list that was told, to choose from.
struct Offers {
  std::string source;  ///< the skill that gave it
  std::string holder;  ///< the name of the list: `restaurants`
  int turn = 0;
  std::vector<json::object> items;  ///< values that are no lists or objects themselves
  int chosen = -1;                  ///< the last that was chosen; -1: none yet
  std::size_t told = 0;             ///< so many of them were shown
  friend bool operator==(const Offers&, const Offers&) = default;
};

struct Conversation {
  std::vector<Wish> wishes;  ///< in the order in which they are done
  Pending pending;
  std::vector<Note> board;  ///< oldest first
  Offers offers;
  std::vector<std::string> declined;  ///< what was said last that nobody here can do
  int turn = 0;
  /// The wish that is done now: the first that is not over.
  Wish* current();
  const Wish* current() const;
  friend bool operator==(const Conversation&, const Conversation&) = default;
};

json::value to_json(const Conversation& conversation);
/// What was wished and what came of it, for who calls: skill, state, answer, values and where they
/// came from, and what of it is asked for (`asks`).
json::value report(const Conversation& conversation);
/// Errors: Reason::invalid_argument, what is no conversation.
Result<Conversation> conversation_from_json(const json::value& value);

}  // namespace weft::dialogue
