// A call as the message that is sent to an agent. Owned by adapters/a2a; pure.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/a2a/intake.h"
#include "weft/adapters/a2a/messages.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"

namespace weft::adapters::a2a {

/// The member of Call::meta in which an A2A door leaves what the model has no place for.
inline constexpr std::string_view kMetaKey = "a2a";
/// The member of a message's metadata that names the skill which is meant.
inline constexpr std::string_view kSkillMeta = "weft.skill";

struct Outgoing {
  SendRequest request;
  Manner manner = Manner::plain;
  /// Name of the conversation as the caller knows it; the agent's own is looked up by it.
  std::string conversation;
  /// The agent's task that the caller wants to go on with (of those that were its own).
  std::string task;
  std::vector<model::Loss> losses;
};

/// `known`: the agent already holds the conversation, so only the last turn is sent.
Outgoing write_call(const model::Call& call, const model::Skill& skill, bool known);
/// The conversation that a call belongs to: the caller's argument, else the hub's context.
std::string conversation_of(const model::Call& call);

}  // namespace weft::adapters::a2a
