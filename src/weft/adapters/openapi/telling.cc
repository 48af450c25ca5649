#include "weft/adapters/openapi/telling.h"

#include "weft/adapters/openapi/limits.h"

namespace weft::adapters::openapi {

Telling::Telling(model::Shape shape, Ends ends) : shape_(shape) {
  if (ends == Ends::bare) fold_.emplace(kAnswerBytesMax);
}

void Telling::skip(const model::Event& event) {
  if (fold_ && !fold_->add(event)) fold_.reset();
  if (const auto* artifact = std::get_if<model::Artifact>(&event.body)) told_.insert(artifact->id);
  if (const auto* delta = std::get_if<model::Delta>(&event.body)) said_.insert(delta->kind);
}

RestEvent Telling::tell(const model::Event& event, const TaskId& job) {
  skip(event);
  const auto* end = std::get_if<model::End>(&event.body);
  if (!end || !end->outcome) return encode_event(event, shape_, job);
  const model::Output rest = rest_of(*end->outcome);
  return encode_end(fold_ ? fold_->take() : *end, rest, shape_);
}

/// What of the answer did not stream before its end.
model::Output Telling::rest_of(model::Output output) const {
  using Kind = model::Delta::Kind;
  std::erase_if(output.artifacts, [&](const auto& one) { return told_.contains(one.id); });
  const auto streamed = [&](const model::Part& part) {
    return (std::holds_alternative<model::Text>(part.body) && said_.contains(Kind::text)) ||
           (std::holds_alternative<model::Reasoning>(part.body) &&
            said_.contains(Kind::reasoning)) ||
           (std::holds_alternative<model::Refusal>(part.body) && said_.contains(Kind::refusal)) ||
           (std::holds_alternative<model::ToolCall>(part.body) && said_.contains(Kind::tool_call));
  };
  for (auto& turn : output.turns) std::erase_if(turn.parts, streamed);
  return output;
}

}  // namespace weft::adapters::openapi
