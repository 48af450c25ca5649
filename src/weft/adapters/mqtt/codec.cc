#include "weft/adapters/mqtt/codec.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/mqtt/limits.h"
#include "weft/base/schema.h"
#include "weft/base/text.h"
#include "weft/wire/base64.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::mqtt {
namespace {

bool is_json_type(std::string_view type) {
  return type == "application/json" || type.ends_with("+json");
}

const json::object* object_of(const Content& content) {
  const json::value* data = content.data();
  return data == nullptr ? nullptr : data->if_object();
}

/// A word at its place; empty when there is none.
std::string word_at(const WordPlace& place, const wire::MqttPublish& message,
                    const Content& content) {
  if (place.property) return std::string(message.property(place.name));
  const json::object* o = object_of(content);
  return o == nullptr ? std::string() : std::string(json::string_at(*o, place.name));
}

std::string text_of(const SkillConfig& skill, const Content& content) {
  const json::object* o = object_of(content);
  return o == nullptr || skill.text.empty() ? std::string()
                                            : std::string(json::string_at(*o, skill.text));
}

wire::MqttPublish message_of(const SkillConfig& skill, const model::Call& call, Envelope envelope) {
  wire::MqttPublish out;
  out.topic = std::move(envelope.topic);
  out.qos = skill.qos;
  out.correlation = std::move(envelope.correlation);
  out.expiry_s = envelope.expiry_s;
  out.user.emplace_back("weft-depth", std::to_string(call.depth + 1));
  // For a trace that a broker might not take no call is lost.
  if (!call.trace.parent.empty() && wire::is_mqtt_text(call.trace.parent))
    out.user.emplace_back("traceparent", call.trace.parent);
  if (!call.trace.state.empty() && wire::is_mqtt_text(call.trace.state))
    out.user.emplace_back("tracestate", call.trace.state);
  return out;
}

/// What a person may read of a payload that has no words for people.
std::string shown(const Content& content) {
  if (const auto* text = std::get_if<model::Text>(&content.part.body))
    return std::string(beginning_of(text->text, kShownBytesMax));
  if (const json::value* data = content.data())
    return std::string(beginning_of(json::write(*data), kShownBytesMax));
  return {};
}

/// Reasons that a solution may give by their names: what a caller can mend, or wait for.
std::optional<Reason> told_reason(const Reply& reply) {
  constexpr std::array<Reason, 7> kTellable{
      Reason::invalid_argument, Reason::unsupported, Reason::too_large,      Reason::rate_limited,
      Reason::unavailable,      Reason::refused,     Reason::solution_failed};
  const json::object* o = object_of(reply.content);
  const auto reason = o == nullptr ? std::nullopt : reason_from(json::string_at(*o, "reason"));
  if (!reason || !std::ranges::contains(kTellable, *reason)) return std::nullopt;
  return reason;
}

}  // namespace

json::value arguments_of(const model::Call& call) {
  return call.args ? *call.args : json::value(json::object());
}

wire::MqttPublish request_of(const SkillConfig& skill, const model::Call& call, Envelope envelope) {
  wire::MqttPublish out = message_of(skill, call, std::move(envelope));
  if (skill.way == Way::exchange) out.response_topic = skill.reply;
  out.payload = json::write(arguments_of(call));
  out.content_type = "application/json";
  out.utf8 = true;
  if (!call.dedup_key.empty()) out.user.emplace_back("idempotency-key", call.dedup_key);
  return out;
}

wire::MqttPublish answer_of(const SkillConfig& skill, const model::Call& call, Envelope envelope,
                            const model::Answer& answer) {
  wire::MqttPublish out = message_of(skill, call, std::move(envelope));
  out.response_topic = skill.reply;
  out.user.emplace_back("answer", model::to_string(answer.action));
  out.payload = answer.data ? json::write(*answer.data) : answer.text;
  out.content_type = answer.data ? "application/json" : "text/plain";
  out.utf8 = true;
  return out;
}

wire::MqttPublish cancel_of(const SkillConfig& skill, const model::Call& call, Envelope envelope,
                            Reason reason) {
  wire::MqttPublish out = message_of(skill, call, std::move(envelope));
  out.user.emplace_back("reason", to_string(reason));
  return out;
}

const json::value* Content::data() const {
  const auto* data = std::get_if<model::Data>(&part.body);
  return data == nullptr ? nullptr : &data->json;
}

Result<Content> read_content(const wire::MqttPublish& message) {
  const std::string type = wire::media_type(message.content_type);
  Content out;
  const bool says_json = is_json_type(type);
  if (says_json || type.empty()) {
    auto parsed = json::parse(message.payload);
    if (parsed) {
      out.part = model::Part::data(*std::move(parsed));
      return out;
    }
    if (says_json) {
      return fail(Reason::upstream_protocol,
                  std::format("a message on `{}` says that it is {} and is none: {}", message.topic,
                              type, parsed.error().message));
    }
  }
  const bool words = type.empty() || message.utf8 || type.starts_with("text/");
  if (words && wire::is_utf8(message.payload)) {
    out.part = model::Part::text(message.payload);
    if (type != "text/plain") out.part.media_type = type;
    return out;
  }
  out.part.body = model::Blob{.bytes = message.payload};
  out.part.media_type = type.empty() ? "application/octet-stream" : type;
  return out;
}

Result<Reply> read_reply(const SkillConfig& skill, const wire::MqttPublish& message) {
  Reply reply;
  WEFT_TRY(reply.content, read_content(message));
  reply.text = text_of(skill, reply.content);
  if (!skill.state.place) return reply;
  reply.word = word_at(*skill.state.place, message, reply.content);
  const auto is_one = [&](const std::vector<std::string>& words) {
    return std::ranges::contains(words, reply.word);
  };
  if (reply.word.empty()) return reply;
  if (is_one(skill.state.working)) reply.kind = ReplyKind::working;
  if (is_one(skill.state.failed)) reply.kind = ReplyKind::failed;
  if (is_one(skill.state.asks)) reply.kind = ReplyKind::asks;
  const bool to_people = reply.kind == ReplyKind::failed || reply.kind == ReplyKind::asks;
  if (to_people && reply.text.empty()) reply.text = shown(reply.content);
  return reply;
}

bool is_last(const SkillConfig& skill, const wire::MqttPublish& message, const Content& content) {
  if (!skill.until) return false;
  return std::ranges::contains(skill.until_words, word_at(*skill.until, message, content));
}

std::vector<model::Part> note_of(const SkillConfig& skill, const Reply& reply) {
  std::vector<model::Part> note = note_of(skill, reply.content);
  const auto& place = skill.state.place;
  if (!place || place->property) return note;
  for (auto& part : note) {
    auto* data = std::get_if<model::Data>(&part.body);
    if (data != nullptr && data->json.is_object()) data->json.get_object().erase(place->name);
  }
  std::erase_if(note, [](const model::Part& part) {
    const auto* data = std::get_if<model::Data>(&part.body);
    return data != nullptr && data->json.is_object() && data->json.get_object().empty();
  });
  return note;
}

std::vector<model::Part> note_of(const SkillConfig& skill, const Content& content) {
  std::vector<model::Part> note;
  std::string text = text_of(skill, content);
  if (text.empty()) {
    note.push_back(content.part);
    return note;
  }
  note.push_back(model::Part::text(std::move(text)));
  json::object rest = *object_of(content);
  rest.erase(skill.text);
  if (!rest.empty()) note.push_back(model::Part::data(std::move(rest)));
  return note;
}

Error error_of(const Reply& reply) {
  const Reason otherwise = reply.word == "rejected" ? Reason::refused : Reason::solution_failed;
  const Reason reason = told_reason(reply).value_or(otherwise);
  std::string message = reply.text.empty() ? std::format("it said `{}`", reply.word) : reply.text;
  return make_error(reason, std::move(message));
}

model::Ask::Item question_of(const Reply& reply) {
  model::Ask::Item item;
  item.kind = model::Ask::Kind::question;
  item.message = reply.text.empty() ? "It asks for more." : reply.text;
  const json::object* o = object_of(reply.content);
  const json::value* schema = o == nullptr ? nullptr : json::find(*o, "schema");
  if (schema != nullptr && schema->is_object() && Schema::create(*schema)) {
    item.kind = model::Ask::Kind::form;
    item.schema = *schema;
  }
  return item;
}

Result<model::Output> output_of(const SkillConfig& skill, Content content) {
  model::Output output;
  const bool promised = skill.skill.output_schema.has_value();
  if (promised && content.data() == nullptr) {
    return fail(Reason::upstream_protocol,
                std::format("skill `{}` promises data (`output`), and its answer is no JSON: {}",
                            skill.skill.id.str(), shown(content)));
  }
  const std::string text = text_of(skill, content);
  model::Turn turn{.role = model::Role::assistant};
  if (!text.empty()) turn.parts.push_back(model::Part::text(text));
  if (std::holds_alternative<model::Text>(content.part.body)) {
    turn.parts.push_back(std::move(content.part));
  } else if (const json::value* data = content.data()) {
    output.data = *data;
  } else {
    model::Artifact artifact{.id = "payload", .name = "payload"};
    artifact.parts.push_back(std::move(content.part));
    output.artifacts.push_back(std::move(artifact));
  }
  if (!turn.parts.empty()) output.turns.push_back(std::move(turn));
  return output;
}

}  // namespace weft::adapters::mqtt
