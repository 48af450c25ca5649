#include "weft/adapters/mqtt/config.h"

#include <algorithm>
#include <format>

#include "weft/adapters/mqtt/config_reader.h"
#include "weft/adapters/mqtt/limits.h"
#include "weft/base/schema.h"

namespace weft::adapters::mqtt {
namespace {

bool is_skill_id(std::string_view id) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !id.empty() && id.size() <= kSkillIdCharsMax &&
         id.find_first_not_of(kAllowed) == std::string_view::npos;
}

Result<TopicTemplate> read_topic(const MapReader& in, std::string_view key) {
  WEFT_TRY(const std::string text, in.text(key));
  auto topic = TopicTemplate::parse(text);
  if (!topic) return in.wrong(key, topic.error().message);
  return topic;
}

/// Exactly one of `property` and `field`; nothing when there is neither.
Result<std::optional<WordPlace>> read_word_place(const MapReader& in) {
  WEFT_TRY(std::string property, in.text("property"));
  WEFT_TRY(std::string field, in.text("field"));
  if (property.empty() && field.empty()) return std::nullopt;
  if (!property.empty() && !field.empty())
    return in.wrong("field", "say a `property` or a `field`, and not both");
  const bool is_property = !property.empty();
  return WordPlace{is_property, is_property ? std::move(property) : std::move(field)};
}

Result<StateWords> read_state(const MapReader& skill) {
  StateWords out;
  WEFT_TRY(const json::object* map, skill.map("state"));
  if (map == nullptr) return out;
  const MapReader in = skill.below("state", *map);
  WEFT_CHECK(in.check_keys({"property", "field", "working", "failed", "asks"}));
  WEFT_TRY(out.place, read_word_place(in));
  if (!out.place) {
    return in.wrong("",
                    "where does a reply say how far it is: `property: NAME` (a user property) or "
                    "`field: NAME` (a member of its JSON)?");
  }
  const auto list = [&](std::string_view key, std::vector<std::string>& words) -> Result<void> {
    if (!in.has(key)) return {};
    WEFT_TRY(words, in.texts(key));
    return {};
  };
  WEFT_CHECK(list("working", out.working));
  WEFT_CHECK(list("failed", out.failed));
  WEFT_CHECK(list("asks", out.asks));
  return out;
}

Result<void> read_until(const MapReader& skill, SkillConfig& out) {
  WEFT_TRY(const json::object* map, skill.map("until"));
  if (map == nullptr) return {};
  if (out.way != Way::stream) return skill.wrong("until", "only `read: stream` has an end");
  const MapReader in = skill.below("until", *map);
  WEFT_CHECK(in.check_keys({"property", "field", "in"}));
  WEFT_TRY(out.until, read_word_place(in));
  WEFT_TRY(out.until_words, in.texts("in"));
  if (!out.until || out.until_words.empty())
    return in.wrong("", "say what the last message says: {field: status, in: [done]}");
  return {};
}

Result<std::optional<json::value>> read_schema(const MapReader& in, std::string_view key) {
  WEFT_TRY(const json::object* map, in.map(key));
  if (map == nullptr) return std::nullopt;
  json::value schema(*map);
  if (const auto compiled = Schema::create(schema); !compiled)
    return in.wrong(key, "it is no JSON Schema: " + compiled.error().message);
  return schema;
}

Result<model::Effects> read_effects(const MapReader& skill, bool hears) {
  model::Effects out;
  WEFT_TRY(const json::object* map, skill.map("effects"));
  if (map == nullptr) {
    // To listen changes nothing.
    if (hears) out.read_only = out.idempotent = true;
    return out;
  }
  const MapReader in = skill.below("effects", *map);
  WEFT_CHECK(in.check_keys({"read_only", "idempotent", "destructive", "open_world"}));
  WEFT_TRY(out.read_only, in.flag("read_only"));
  WEFT_TRY(out.idempotent, in.flag("idempotent"));
  WEFT_TRY(out.destructive, in.flag("destructive"));
  WEFT_TRY(out.open_world, in.flag("open_world"));
  return out;
}

/// The arguments that topics need, where the configuration says no schema.
json::value schema_of_names(const std::vector<std::string>& names) {
  json::object properties;
  json::array required;
  for (const auto& name : names) {
    if (properties.contains(name)) continue;
    properties[name] = json::object{{"type", "string"}, {"minLength", 1}};
    required.emplace_back(name);
  }
  json::object schema{{"type", "object"}};
  schema["properties"] = std::move(properties);
  if (!names.empty()) schema["required"] = std::move(required);
  return schema;
}

/// What a topic is filled with has to be among the arguments.
Result<void> check_names(const MapReader& in, std::string_view key, const TopicTemplate& topic,
                         const model::Skill& skill) {
  const auto* properties = json::object_at(skill.input_schema->get_object(), "properties");
  for (const auto& name : topic.names()) {
    if (properties != nullptr && properties->contains(name)) continue;
    return in.wrong(key, std::format("`{{{}}}` is no property of the skill's `input`", name));
  }
  return {};
}

Result<void> read_about(const MapReader& in, SkillConfig& out, bool hears) {
  model::Skill& skill = out.skill;
  WEFT_TRY(skill.title, in.text("title"));
  WEFT_TRY(skill.description, in.text("description"));
  WEFT_TRY(skill.examples, in.texts("examples"));
  WEFT_TRY(skill.input_schema, read_schema(in, "input"));
  WEFT_TRY(skill.output_schema, read_schema(in, "output"));
  WEFT_TRY(skill.effects, read_effects(in, hears));
  WEFT_TRY(out.text, in.text("text"));
  WEFT_TRY(out.first_reply, in.duration("first_reply", kFirstReply));
  WEFT_TRY(out.idle, in.duration("idle", kIdle));
  skill.shape = model::Shape::invoke;
  const json::value* qos = in.any("qos");
  if (qos == nullptr) return {};
  if (!qos->is_int64() || qos->get_int64() < 0 || qos->get_int64() > 1)
    return in.wrong("qos",
                    "expected 0 or 1 (QoS 2 is not spoken: a request of QoS 1 has one "
                    "effect, since its replies are told apart)");
  out.qos = static_cast<int>(qos->get_int64());
  return {};
}

Result<void> read_reply(const MapReader& in, std::string_view client, SkillConfig& out) {
  WEFT_TRY(const std::string text, in.text("reply"));
  if (text.empty()) return {};
  if (text == "none") {
    out.way = Way::send;
    for (const std::string_view key : {"state", "cancel", "output", "first_reply", "idle"}) {
      if (in.has(key)) return in.wrong(key, "without a reply (`reply: none`) this does nothing");
    }
    return {};
  }
  const auto topic = TopicTemplate::parse(text);
  if (!topic) return in.wrong("reply", topic.error().message);
  for (const auto& name : topic->names()) {
    if (name != "client") {
      return in.wrong("reply", std::format("`{{{}}}` is not known in a reply topic; `{{client}}` "
                                           "is: weft's own name at the broker",
                                           name));
    }
  }
  auto filled = topic->fill(json::object{{"client", client}});
  if (!filled) return in.wrong("reply", filled.error().message);
  out.reply = *std::move(filled);
  return {};
}

Result<void> read_request(const MapReader& in, std::string_view client, SkillConfig& out) {
  WEFT_CHECK(
      in.check_keys({"title", "description", "examples", "input", "output", "effects", "request",
                     "reply", "cancel", "state", "text", "qos", "first_reply", "idle"}));
  if (!in.has("request")) {
    return in.wrong("",
                    "say the topic that is published to, `request: city/taxi/ride`, or that it is "
                    "listened to: `kind: telemetry` and `topic: …`");
  }
  WEFT_CHECK(read_about(in, out, false));
  WEFT_TRY(out.topic, read_topic(in, "request"));
  if (in.has("cancel")) {
    WEFT_TRY(out.cancel, read_topic(in, "cancel"));
  }
  WEFT_TRY(out.state, read_state(in));
  WEFT_CHECK(read_reply(in, client, out));
  if (!out.skill.input_schema) {
    std::vector<std::string> names = out.topic.names();
    if (out.cancel)
      names.insert(names.end(), out.cancel->names().begin(), out.cancel->names().end());
    out.skill.input_schema = schema_of_names(names);
  }
  WEFT_CHECK(check_names(in, "request", out.topic, out.skill));
  if (out.cancel) WEFT_CHECK(check_names(in, "cancel", *out.cancel, out.skill));
  return {};
}

Result<void> read_telemetry(const MapReader& in, SkillConfig& out) {
  WEFT_CHECK(
      in.check_keys({"kind", "title", "description", "examples", "input", "output", "effects",
                     "topic", "read", "until", "text", "qos", "first_reply", "idle"}));
  if (!in.has("topic"))
    return in.wrong("", "say the topic that is listened to: `topic: city/taxi/{vehicle}/position`");
  WEFT_CHECK(read_about(in, out, true));
  WEFT_TRY(out.topic, read_topic(in, "topic"));
  WEFT_TRY(const std::string read, in.text("read"));
  if (!read.empty() && read != "latest" && read != "stream")
    return in.wrong("read", std::format("expected `latest` or `stream`, not `{}`", read));
  out.way = read == "stream" ? Way::stream : Way::latest;
  if (out.way == Way::latest && in.has("idle"))
    return in.wrong("idle", "of `read: latest` there is one message: say `first_reply`");
  WEFT_CHECK(read_until(in, out));
  // What is listened to may have nothing to tell for long.
  if (!in.has("idle")) out.idle = Milliseconds(0);
  if (!out.skill.input_schema) out.skill.input_schema = schema_of_names(out.topic.names());
  return check_names(in, "topic", out.topic, out.skill);
}

Result<SkillConfig> read_skill(const MapReader& in, std::string_view id, std::string_view client) {
  SkillConfig out;
  out.skill.id = SkillId(std::string(id));
  WEFT_TRY(const std::string kind, in.text("kind"));
  if (kind == "telemetry") {
    WEFT_CHECK(read_telemetry(in, out));
  } else if (kind.empty()) {
    WEFT_CHECK(read_request(in, client, out));
  } else {
    return in.wrong("kind",
                    std::format("expected `telemetry`, or nothing for a request, not `{}`", kind));
  }
  return out;
}

}  // namespace

std::string_view example() {
  return "mqtt:\n"
         "  skills:\n"
         "    ride:\n"
         "      description: Calls a taxi\n"
         "      input: {type: object, required: [to], properties: {to: {type: string}}}\n"
         "      request: city/taxi/ride";
}

Result<Config> read_config(const json::object& details, std::string_view client) {
  const MapReader in(details);
  WEFT_CHECK(in.check_keys({"title", "description", "user", "skills"}));
  Config out;
  WEFT_TRY(out.title, in.text("title"));
  WEFT_TRY(out.description, in.text("description"));
  WEFT_TRY(out.user, in.text("user"));
  WEFT_TRY(const json::object* skills, in.map("skills"));
  if (skills == nullptr || skills->empty()) {
    return in.wrong("skills",
                    std::format("say under `mqtt:` in weft.yaml (or in the file of --details, "
                                "without `mqtt:`) which topics it listens to:\n{}",
                                example()));
  }
  if (skills->size() > kSkillsMax)
    return in.wrong("skills", std::format("more than {} skills", kSkillsMax));
  out.skills.reserve(skills->size());
  for (const auto& member : *skills) {
    const std::string_view id = member.key();
    if (!is_skill_id(id)) {
      return in.wrong("skills",
                      "a skill's name has letters, digits, `_`, `-` and `.`, at most 128");
    }
    const MapReader list = in.below("skills", *skills);
    if (!member.value().is_object()) return list.wrong(id, "expected a mapping");
    const MapReader one = list.below(id, member.value().get_object());
    WEFT_TRY(SkillConfig skill, read_skill(one, id, client));
    if (skill.way == Way::exchange && skill.reply.empty())
      skill.reply = std::format("weft/{}/{}", client, out.skills.size() + 1);
    out.skills.push_back(std::move(skill));
  }
  return out;
}

}  // namespace weft::adapters::mqtt
