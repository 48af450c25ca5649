// What a language model is shown of a conversation for one turn, and the names that things have
// there; what it answers is judged against the same. Plain data that points into the conversation
// and the repertoire, which outlive it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/dialogue/talk/conversation.h"
#include "weft/dialogue/talk/repertoire.h"

namespace weft::dialogue {

/// One thing that was said, by the person or to the person.
struct Exchange {
  bool by_person = true;
  std::string text;
  friend bool operator==(const Exchange&, const Exchange&) = default;
};

struct Scene {
  std::string_view utterance;
  std::chrono::local_seconds now;
  std::string_view zone;            ///< `UTC+01:00`
  std::span<const Exchange> turns;  ///< before the utterance, oldest first
  const Conversation* conversation = nullptr;
  std::vector<const KnownSkill*> skills;  ///< those that may be named, the likeliest first

  const KnownSkill* skill(std::string_view name) const;
  /// Wishes by `t1`, notes of the board by `@b1`; nothing when there is no such thing any more.
  std::optional<std::size_t> task(std::string_view id) const;
  const Note* note(std::string_view id) const;
  /// The question which skill is meant is the offer `o1`.
  bool offers() const;
};

inline constexpr std::string_view kOffer = "o1";

std::string task_id(std::size_t wish);
std::string note_id(std::size_t note);

/// The skills of what is open, then the router's best for what was said.
Scene scene_of(const Conversation& conversation, const Repertoire& repertoire,
               std::string_view utterance, std::span<const Exchange> turns);

/// What of the schema a model is told of a skill: an object of its slots, by their own names.
json::object form_of(const KnownSkill& skill);

/// At most `bytes_max`, whole characters, with `…` where something was cut.
std::string shortened(std::string_view text, std::size_t bytes_max);

}  // namespace weft::dialogue
