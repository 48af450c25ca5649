// Questions in a conversation that has no state: keys of its prefixes, the words of a question, and
// what a reply to it means. Owned by adapters/openai; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::adapters::openai {

/// The tool that a caller declares when it wants questions as calls.
inline constexpr std::string_view kAskTool = "ask_user";

/// A prefix of the conversation that ends with something the assistant said.
struct Prefix {
  std::string key;
  std::size_t turns = 0;
};
/// The prefixes, the longest first, at most kQuestionsLookedBackMax. Keys of two principals or two
/// models never meet.
std::vector<Prefix> assistant_prefixes(std::string_view principal, std::string_view model,
                                       const std::vector<model::Turn>& turns);
/// The key that the conversation has once the assistant has said `said`.
std::string key_after(std::string_view principal, std::string_view model,
                      const std::vector<model::Turn>& turns, const model::Turn& said);
/// The key that the conversation had when the assistant had spoken last; empty unless what it said
/// stands right before the last turn.
std::string key_before_last(std::string_view principal, std::string_view model,
                            const std::vector<model::Turn>& turns);

/// The question in words: each item's message, and what a form wants.
std::string question_text(const model::Ask& ask);
/// The question as the assistant's turn: text, or a call of `ask_user` when the caller declared it.
model::Turn question_turn(const model::Ask& ask, const model::Call& call);

/// What a reply answers; an Error says in words what was not understood.
Result<model::Answers> read_answers(const model::Ask& ask, const model::Turn& said);

}  // namespace weft::adapters::openai
