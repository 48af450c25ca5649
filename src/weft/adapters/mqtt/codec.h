// Messages to a solution written, and those from it read: what they say of the call, and what they
// carry. Owned by adapters/mqtt; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mqtt/config.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/wire/mqtt.h"

namespace weft::adapters::mqtt {

/// What every message of one call to its solution has, but for what it says.
struct Envelope {
  std::string topic;
  std::string correlation;
  std::uint32_t expiry_s = 0;
};
/// The request: the arguments as JSON.
wire::MqttPublish request_of(const SkillConfig& skill, const model::Call& call, Envelope envelope);
/// The answer to a question of the solution's.
wire::MqttPublish answer_of(const SkillConfig& skill, const model::Call& call, Envelope envelope,
                            const model::Answer& answer);
/// That the call is not wanted any more, and why.
wire::MqttPublish cancel_of(const SkillConfig& skill, const model::Call& call, Envelope envelope,
                            Reason reason);
/// The arguments of a call, or none.
json::value arguments_of(const model::Call& call);

/// A payload as the model has it: data, words, or bytes.
struct Content {
  model::Part part;
  const json::value* data() const;
};
/// JSON where the content type says so, or says nothing and it is JSON; else text where it is
/// UTF-8; else bytes. Errors (upstream_protocol): what says it is JSON and is none, with the place.
Result<Content> read_content(const wire::MqttPublish& message);

enum class ReplyKind : std::uint8_t { working, failed, asks, last };
struct Reply {
  ReplyKind kind = ReplyKind::last;
  /// What the message says of the state; empty where it says nothing.
  std::string word;
  /// For people: the configured member, else (of an error or a question) a text payload.
  std::string text;
  Content content;
};
Result<Reply> read_reply(const SkillConfig& skill, const wire::MqttPublish& message);
/// Whether a stream's message says that it is the last.
bool is_last(const SkillConfig& skill, const wire::MqttPublish& message, const Content& content);

/// What a person sees of one on its way: its words, and the members that are none.
std::vector<model::Part> note_of(const SkillConfig& skill, const Reply& reply);
/// The same of a telemetry message.
std::vector<model::Part> note_of(const SkillConfig& skill, const Content& content);
/// The error of a failed reply: the reason by its member `reason` where that is one of weft's own
/// words for what a caller can mend, `refused` for the word `rejected`, else solution_failed.
Error error_of(const Reply& reply);
/// The question of an asking reply: a form where its member `schema` is a JSON Schema.
model::Ask::Item question_of(const Reply& reply);
/// Fails (upstream_protocol) when an output schema is promised and the payload is no JSON.
Result<model::Output> output_of(const SkillConfig& skill, Content content);

}  // namespace weft::adapters::mqtt
