#include "weft/adapters/a2a/card.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/a2a/limits.h"
#include "weft/base/schema.h"

namespace weft::adapters::a2a {
namespace {

Result<Interface> read_interface(const json::value& v, const std::string& path) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Interface out;
  WEFT_TRY(out.url, fields.needed_text("url"));
  WEFT_TRY(out.binding, fields.text("protocolBinding"));
  WEFT_TRY(out.version, fields.text("protocolVersion"));
  WEFT_TRY(out.tenant, fields.text("tenant"));
  if (out.binding.empty()) out.binding = "JSONRPC";
  if (out.version.empty()) out.version = "1.0";
  return out;
}

Result<Interface> read_interface_v03(const json::value& v, const std::string& path) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Interface out;
  WEFT_TRY(out.url, fields.needed_text("url"));
  WEFT_TRY(out.binding, fields.text("transport"));
  out.version = "0.3";
  return out;
}

Result<Extension> read_extension(const json::value& v, const std::string& path) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  Extension out;
  WEFT_TRY(out.uri, fields.needed_text("uri"));
  WEFT_TRY(out.description, fields.text("description"));
  WEFT_TRY(out.required, fields.boolean("required", false));
  WEFT_TRY(out.params, fields.object("params"));
  return out;
}

Result<CardSkill> read_skill(const json::value& v, const std::string& path) {
  WEFT_TRY(const auto fields, Fields::of(v, path));
  CardSkill out;
  WEFT_TRY(out.id, fields.needed_text("id"));
  WEFT_TRY(out.name, fields.text("name"));
  WEFT_TRY(out.description, fields.text("description"));
  WEFT_TRY(out.tags, fields.texts("tags"));
  WEFT_TRY(out.examples, fields.texts("examples"));
  WEFT_TRY(out.input_modes, fields.texts("inputModes"));
  WEFT_TRY(out.output_modes, fields.texts("outputModes"));
  return out;
}

/// The 0.3 card names its interfaces in other fields.
Result<void> read_interfaces_v03(const Fields& fields, Card& card) {
  WEFT_TRY(auto url, fields.text("url"));
  if (url.empty()) return {};
  Interface first{std::move(url), "JSONRPC", "0.3", ""};
  WEFT_TRY(const auto transport, fields.text("preferredTransport"));
  if (!transport.empty()) first.binding = transport;
  card.interfaces.push_back(std::move(first));
  WEFT_TRY(auto more, fields.list<Interface>("additionalInterfaces", read_interface_v03));
  for (Interface& other : more) {
    if (std::ranges::find(card.interfaces, other) == card.interfaces.end()) {
      card.interfaces.push_back(std::move(other));
    }
  }
  return {};
}

bool is_skill_io(const Extension& extension) { return extension.uri == kSkillIoExtension; }

/// The schemas of a skill in weft's own extension; one that cannot be read is as if it were not
/// there.
void take_schemas(const Extension& extension, CardSkill& skill) {
  const json::object* skills = json::object_at(extension.params, "skills");
  const json::object* said = skills == nullptr ? nullptr : json::object_at(*skills, skill.id);
  if (said == nullptr) return;
  const auto schema = [&](std::string_view name) -> std::optional<json::value> {
    const json::value* v = json::find(*said, name);
    if (v == nullptr || !v->is_object() || !Schema::create(*v)) return std::nullopt;
    return *v;
  };
  skill.input = schema("input");
  skill.output = schema("output");
}

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& text : list) out.emplace_back(text);
  return out;
}

json::object write_skill(const CardSkill& skill) {
  json::object out{{"id", skill.id},
                   {"name", skill.name},
                   {"description", skill.description},
                   {"tags", texts(skill.tags)}};
  if (!skill.examples.empty()) out["examples"] = texts(skill.examples);
  if (!skill.input_modes.empty()) out["inputModes"] = texts(skill.input_modes);
  if (!skill.output_modes.empty()) out["outputModes"] = texts(skill.output_modes);
  return out;
}

json::object write_extension(const Extension& extension) {
  json::object out{{"uri", extension.uri}};
  if (!extension.description.empty()) out["description"] = extension.description;
  if (extension.required) out["required"] = true;
  if (!extension.params.empty()) out["params"] = extension.params;
  return out;
}

/// weft's extension with every schema the skills have; nothing when none has one.
std::optional<Extension> skill_io(const Card& card) {
  json::object skills;
  for (const CardSkill& skill : card.skills) {
    json::object schemas;
    if (skill.input) schemas["input"] = *skill.input;
    if (skill.output) schemas["output"] = *skill.output;
    if (!schemas.empty()) skills[skill.id] = std::move(schemas);
  }
  if (skills.empty()) return std::nullopt;
  json::object params{{"skills", std::move(skills)}};
  return Extension{std::string(kSkillIoExtension),
                   "JSON Schemas of what each skill takes and gives: send a data part "
                   "{\"skill\": ID, \"parameters\": {…}}.",
                   false, std::move(params)};
}

json::object write_capabilities(const Card& card, bool with_extended) {
  json::object out{{"streaming", card.streaming}, {"pushNotifications", card.push}};
  json::array extensions;
  if (const auto own = skill_io(card)) extensions.push_back(write_extension(*own));
  for (const Extension& extension : card.extensions)
    extensions.push_back(write_extension(extension));
  if (!extensions.empty()) out["extensions"] = std::move(extensions);
  if (with_extended) out["extendedAgentCard"] = card.extended;
  return out;
}

void write_interfaces_v10(const Card& card, json::object& out) {
  json::array interfaces;
  for (const Interface& one : card.interfaces) {
    json::object object{
        {"url", one.url}, {"protocolBinding", one.binding}, {"protocolVersion", one.version}};
    if (!one.tenant.empty()) object["tenant"] = one.tenant;
    interfaces.push_back(std::move(object));
  }
  out["supportedInterfaces"] = std::move(interfaces);
}

void write_interfaces_v03(const Card& card, json::object& out) {
  json::array others;
  bool first = true;
  for (const Interface& one : card.interfaces) {
    if (!one.version.starts_with("0.3") || !one.tenant.empty()) continue;
    if (first) {
      out["url"] = one.url;
      out["preferredTransport"] = one.binding;
      first = false;
    }
    others.push_back(json::object{{"url", one.url}, {"transport", one.binding}});
  }
  out["additionalInterfaces"] = std::move(others);
  out["protocolVersion"] = "0.3.0";
  out["supportsAuthenticatedExtendedCard"] = card.extended;
}

/// Each generation has words of its own, and neither minds the other's.
void write_security(CardShape shape, json::object& out) {
  json::object scheme;
  if (shape != CardShape::v10) {
    scheme = {{"type", "http"}, {"scheme", "bearer"}};
    out["security"] = json::array{json::object{{"bearer", json::array()}}};
  }
  if (shape != CardShape::v03) {
    scheme["httpAuthSecurityScheme"] = json::object{{"scheme", "Bearer"}};
    json::object schemes{{"bearer", json::object{{"list", json::array()}}}};
    out["securityRequirements"] = json::array{json::object{{"schemes", std::move(schemes)}}};
  }
  out["securitySchemes"] = json::object{{"bearer", std::move(scheme)}};
}

bool speaks(const Interface& one, std::string_view binding, std::string_view version) {
  return one.binding == binding && one.version.starts_with(version);
}

std::string offers(const Card& card) {
  std::string out;
  for (const Interface& one : card.interfaces) {
    if (!out.empty()) out += ", ";
    out += one.binding + " " + one.version;
  }
  return out.empty() ? "nothing" : out;
}

/// What a caller of another protocol gives to a skill that has no schema of its own.
json::value message_schema() {
  static const json::value kSchema = json::parse(R"({
    "type": "object",
    "required": ["message"],
    "properties": {
      "message": {"type": "string", "description": "What to say to the agent, in plain words."},
      "data": {"description": "Structured content sent beside the message."},
      "context_id": {"type": "string",
        "description": "Name of the conversation to go on with; any name begins one."},
      "task_id": {"type": "string", "description": "The agent's task to go on with."}
    }})")
                                         .value();
  return kSchema;
}

model::Skill to_skill(const Card& card, const CardSkill& from) {
  model::Skill skill;
  skill.id = SkillId(from.id);
  skill.title = from.name;
  skill.description = from.description;
  skill.shape = from.input ? model::Shape::invoke : model::Shape::converse;
  skill.input_schema = from.input ? from.input : std::optional(message_schema());
  skill.output_schema = from.output;
  skill.media_in = from.input_modes.empty() ? card.input_modes : from.input_modes;
  skill.media_out = from.output_modes.empty() ? card.output_modes : from.output_modes;
  skill.examples = from.examples;
  skill.tags = from.tags;
  skill.raw = write_skill(from);
  return skill;
}

}  // namespace

bool looks_like_card(const json::value& v) {
  if (!v.is_object()) return false;
  const json::object& object = v.get_object();
  if (json::string_at(object, "name").empty()) return false;
  if (json::array_at(object, "supportedInterfaces") ||
      json::array_at(object, "supported_interfaces")) {
    return true;
  }
  const bool described =
      json::array_at(object, "skills") || json::object_at(object, "capabilities");
  return described && !json::string_at(object, "url").empty();
}

Result<Card> read_card(const json::value& v) {
  WEFT_TRY(const auto fields, Fields::of(v, ""));
  Card card;
  WEFT_TRY(card.name, fields.needed_text("name"));
  WEFT_TRY(card.description, fields.text("description"));
  WEFT_TRY(card.version, fields.text("version"));
  WEFT_TRY(card.interfaces, fields.list<Interface>("supportedInterfaces", read_interface));
  if (card.interfaces.empty()) WEFT_CHECK(read_interfaces_v03(fields, card));
  WEFT_TRY(card.input_modes, fields.texts("defaultInputModes"));
  WEFT_TRY(card.output_modes, fields.texts("defaultOutputModes"));
  WEFT_TRY(const auto capabilities, fields.object("capabilities"));
  const Fields can(capabilities, "/capabilities");
  WEFT_TRY(card.streaming, can.boolean("streaming", false));
  WEFT_TRY(card.push, can.boolean("pushNotifications", false));
  WEFT_TRY(const bool extended_v03, fields.boolean("supportsAuthenticatedExtendedCard", false));
  WEFT_TRY(card.extended, can.boolean("extendedAgentCard", extended_v03));
  WEFT_TRY(const auto schemes, fields.object("securitySchemes"));
  card.bearer = schemes.contains("bearer");
  WEFT_TRY(card.skills, fields.list<CardSkill>("skills", read_skill));
  WEFT_TRY(card.extensions, can.list<Extension>("extensions", read_extension));
  for (const Extension& extension : card.extensions) {
    if (!is_skill_io(extension)) continue;
    for (CardSkill& skill : card.skills) take_schemas(extension, skill);
  }
  std::erase_if(card.extensions, is_skill_io);
  return card;
}

std::vector<Extension> extensions_of(const json::object& card) {
  const json::object* capabilities = json::object_at(card, "capabilities");
  if (capabilities == nullptr) return {};
  const Fields can(*capabilities, "/capabilities");
  auto extensions = can.list<Extension>("extensions", read_extension);
  if (!extensions) return {};
  std::erase_if(*extensions, is_skill_io);
  return *std::move(extensions);
}

json::object write_card(const Card& card, CardShape shape) {
  json::object out{
      {"name", card.name}, {"description", card.description}, {"version", card.version}};
  if (shape != CardShape::v03) write_interfaces_v10(card, out);
  if (shape != CardShape::v10) write_interfaces_v03(card, out);
  out["capabilities"] = write_capabilities(card, shape != CardShape::v03);
  out["defaultInputModes"] = texts(card.input_modes);
  out["defaultOutputModes"] = texts(card.output_modes);
  json::array skills;
  for (const CardSkill& skill : card.skills) skills.push_back(write_skill(skill));
  out["skills"] = std::move(skills);
  if (card.bearer) write_security(shape, out);
  return out;
}

Result<Door> choose_interface(const Card& card) {
  for (const Extension& extension : card.extensions) {
    if (!extension.required) continue;
    return fail(Reason::unsupported,
                std::format("the agent `{}` demands the A2A extension {}, which weft does not know",
                            card.name, extension.uri));
  }
  struct Wish {
    std::string_view binding;
    std::string_view version;
    Version speak;
    bool rest;
  };
  constexpr Wish kWishes[] = {{"JSONRPC", "1.", Version::v10, false},
                              {"HTTP+JSON", "1.", Version::v10, true},
                              {"JSONRPC", "0.3", Version::v03, false},
                              {"JSONRPC", "0.2", Version::v03, false},
                              {"HTTP+JSON", "0.3", Version::v03_rest, true}};
  for (const Wish& wish : kWishes) {
    for (const Interface& one : card.interfaces) {
      if (speaks(one, wish.binding, wish.version)) return Door{one, wish.speak, wish.rest};
    }
  }
  return fail(
      Reason::unsupported,
      std::format(
          "the agent `{}` offers {}; weft speaks A2A 1.0 and 0.3 over JSONRPC and HTTP+JSON",
          card.name, offers(card)));
}

model::Solution to_solution(const Card& card, const Door& door, json::object raw) {
  model::Solution out;
  out.title = card.name;
  out.description = card.description;
  out.version = card.version;
  out.kind = model::Kind::agent;
  out.protocol = "a2a";
  out.protocol_version = to_string(door.version);
  out.url = door.interface.url;
  out.caps = {
      .stream = card.streaming, .tasks = true, .cancel = true, .multi_turn = true, .ask = true};
  out.raw = std::move(raw);
  const bool talks = std::ranges::any_of(card.skills, [](const CardSkill& s) { return !s.input; });
  const bool taken =
      std::ranges::any_of(card.skills, [](const CardSkill& s) { return s.id == "message"; });
  // An agent takes plain words whatever its skills are: that is a skill of its own where no other
  // means it.
  if (!talks && !taken) {
    CardSkill whole;
    whole.id = "message";
    whole.name = card.name;
    whole.description =
        std::format("Says something to {} in plain words. {}", card.name, card.description);
    out.skills.push_back(to_skill(card, whole));
    out.skills.back().raw.clear();
  }
  for (const CardSkill& skill : card.skills) out.skills.push_back(to_skill(card, skill));
  return out;
}

}  // namespace weft::adapters::a2a
