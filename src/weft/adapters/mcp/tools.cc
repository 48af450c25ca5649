#include "weft/adapters/mcp/tools.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/moved_schema.h"
#include "weft/base/schema.h"
#include "weft/hub/shaping.h"
#include "weft/wire/http.h"

namespace weft::adapters::mcp {

namespace {

constexpr int kHeaderDepthMax = 32;
/// How many subschemas are looked at to know what a schema's root is.
constexpr int kRootStepsMax = 256;

/// What a schema lets through at its root: objects alone, anything but objects, both by name, or
/// whatever comes (it does not say).
enum class Root : std::uint8_t { object, other, mixed, unsaid };

/// What either lets through.
Root either(Root a, Root b) {
  if (a == b) return a;
  return a == Root::unsaid || b == Root::unsaid ? Root::unsaid : Root::mixed;
}

/// What both let through; of two that contradict each other, one.
Root both(Root a, Root b) {
  for (const Root sure : {a, b}) {
    if (sure == Root::object || sure == Root::other) return sure;
  }
  return a == Root::unsaid ? b : a;
}

Root root_of_value(const json::value& v) { return v.is_object() ? Root::object : Root::other; }

Root root_of_type(const json::value& word) { return word == "object" ? Root::object : Root::other; }

/// Goes through a schema's keywords, and those of the schemas it is made of.
class RootScan {
 public:
  explicit RootScan(const json::value& whole) : whole_(whole) {}
  Root root() { return at(whole_); }

 private:
  Root at(const json::value& schema) {
    if (!schema.is_object() || ++steps_ > kRootStepsMax) return Root::unsaid;
    Root root = Root::unsaid;
    for (const auto& [key, value] : schema.get_object()) root = both(root, by(key, value));
    return root;
  }

  Root by(std::string_view key, const json::value& value) {
    if (key == "type") return value.is_array() ? any_of(value, root_of_type) : root_of_type(value);
    if (key == "const") return root_of_value(value);
    if (key == "enum") return any_of(value, root_of_value);
    const auto scan = [this](const json::value& schema) { return at(schema); };
    if (key == "anyOf" || key == "oneOf") return any_of(value, scan);
    if (key == "allOf") return all_of(value);
    return key == "$ref" ? referred(value) : Root::unsaid;
  }

  template <class RootOf>
  static Root any_of(const json::value& list, RootOf root_of) {
    if (!list.is_array() || list.get_array().empty()) return Root::unsaid;
    Root root = root_of(list.get_array().front());
    for (const json::value& one : list.get_array()) root = either(root, root_of(one));
    return root;
  }

  Root all_of(const json::value& list) {
    Root root = Root::unsaid;
    if (!list.is_array()) return root;
    for (const json::value& one : list.get_array()) root = both(root, at(one));
    return root;
  }

  Root referred(const json::value& reference) {
    if (!reference.is_string()) return Root::unsaid;
    const std::string_view target = reference.get_string();
    if (!target.starts_with("#/")) return Root::unsaid;
    const json::value* schema = json::at_pointer(whole_, target.substr(1));
    return schema == nullptr ? Root::unsaid : at(*schema);
  }

  const json::value& whole_;
  int steps_ = 0;
};

Root root_of(const json::value& schema) { return RootScan(schema).root(); }

/// Clients read each property's schema as an object: `true` and `false` in those words.
void spell_out(json::object& schema) {
  json::value* properties = schema.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return;
  for (auto& [name, property] : properties->get_object()) {
    if (!property.is_bool()) continue;
    json::object spelled;
    if (!property.get_bool()) spelled["not"] = json::object();
    property = std::move(spelled);
  }
}

/// The schema as that of an object, which it is: tools must say so.
json::object object_schema(json::object schema) {
  schema["type"] = "object";
  spell_out(schema);
  return schema;
}

json::object in_object(std::string_view key, const json::value& schema) {
  json::value inner = moved_schema(schema, std::format("#/properties/{}", key));
  json::object o;
  // The dialect is said at the root of a document alone.
  json::object* moved = inner.if_object();
  if (moved != nullptr && moved->contains("$schema") && !moved->contains("$id")) {
    o["$schema"] = moved->at("$schema");
    moved->erase("$schema");
  }
  json::object properties;
  properties[key] = std::move(inner);
  o["type"] = "object";
  o["properties"] = std::move(properties);
  o["required"] = json::array{json::value(key)};
  return o;
}

/// Where non-objects are spoken of, they must have a place.
bool wrapped_input(const model::Skill& skill) {
  if (skill.shape == model::Shape::converse || skill.shape == model::Shape::embed) return false;
  if (!skill.input_schema) return false;
  const Root root = root_of(*skill.input_schema);
  return root == Root::other || root == Root::mixed;
}

json::object input_schema_of(const model::Skill& skill) {
  if (wrapped_input(skill)) return in_object("value", *skill.input_schema);
  json::value schema = hub::outward_input_schema(skill);
  return object_schema(schema.is_object() ? std::move(schema.get_object()) : json::object());
}

bool has_output(const model::Skill& skill) {
  return skill.shape != model::Shape::converse && skill.output_schema &&
         skill.output_schema->is_object();
}

json::object annotations_of(const model::Skill& skill) {
  json::object hints;
  const model::Effects& effects = skill.effects;
  if (effects.read_only) hints["readOnlyHint"] = *effects.read_only;
  if (effects.destructive) hints["destructiveHint"] = *effects.destructive;
  if (effects.idempotent) hints["idempotentHint"] = *effects.idempotent;
  if (effects.open_world) hints["openWorldHint"] = *effects.open_world;
  return hints;
}

void add_raw(json::object& tool, const model::Skill& skill) {
  const json::object* raw = json::object_at(skill.raw, "tool");
  if (raw == nullptr) return;
  for (const std::string_view key : {"icons", "_meta"}) {
    if (const json::value* value = json::find(*raw, key)) tool[key] = *value;
  }
  const json::object* hints = json::object_at(*raw, "annotations");
  const std::string_view title =
      hints == nullptr ? std::string_view() : json::string_at(*hints, "title");
  if (!title.empty()) {
    if (!tool.contains("annotations")) tool["annotations"] = json::object();
    tool["annotations"].as_object()["title"] = title;
  }
}

/// What a call costs, said beside what the tool's own server says of it.
void add_cost(json::object& tool, const model::Skill& skill) {
  if (!skill.effects.cost) return;
  if (!tool.contains("_meta") || !tool["_meta"].is_object()) tool["_meta"] = json::object();
  tool["_meta"].get_object()["weft/cost"] = model::to_string(*skill.effects.cost);
}

}  // namespace

json::object tool_of(const model::Skill& skill, std::string_view name, std::string_view server,
                     Era era) {
  json::object tool;
  tool["name"] = name;
  if (!skill.title.empty()) tool["title"] = skill.title;
  if (!skill.description.empty()) tool["description"] = skill.description;
  tool["inputSchema"] = input_schema_of(skill);
  if (auto output = output_schema_of(skill, era)) tool["outputSchema"] = *std::move(output);
  json::object hints = annotations_of(skill);
  if (!hints.empty()) tool["annotations"] = std::move(hints);
  if (server == "mcp") add_raw(tool, skill);
  add_cost(tool, skill);
  return tool;
}

bool takes_as_given(const model::Skill& skill) { return !wrapped_input(skill); }

json::value wrapped_value(const json::object& arguments) {
  const json::value* value = json::find(arguments, "value");
  return value == nullptr ? json::value() : *value;
}

std::optional<json::object> output_schema_of(const model::Skill& skill, Era era) {
  if (!has_output(skill)) return std::nullopt;
  const json::value& schema = *skill.output_schema;
  if (era == Era::modern) return schema.get_object();
  switch (root_of(schema)) {
    case Root::object: return object_schema(schema.get_object());
    case Root::other: return in_object("result", schema);
    default: return std::nullopt;
  }
}

bool wraps_output(const model::Skill& skill) {
  return has_output(skill) && root_of(*skill.output_schema) == Root::other;
}

namespace {

/// An outputSchema that cannot be read would keep clients from the whole list: such a tool promises
/// nothing.
bool readable(const json::value& schema) {
  return schema.is_object() && Schema::create(schema).has_value();
}

}  // namespace

Result<model::Skill> skill_of(const json::value& tool) {
  if (!tool.is_object()) return fail(Reason::upstream_protocol, "a tool is no object");
  const json::object& o = tool.get_object();
  const std::string_view name = json::string_at(o, "name");
  if (name.empty() || name.size() > 128) {
    return fail(Reason::upstream_protocol, "a tool has no name of 1 to 128 characters");
  }
  model::Skill skill;
  skill.id = SkillId(std::string(name));
  skill.description = std::string(json::string_at(o, "description"));
  const json::object* hints = json::object_at(o, "annotations");
  if (hints != nullptr) {
    skill.title = std::string(json::string_at(*hints, "title"));
    skill.effects.read_only = json::bool_at(*hints, "readOnlyHint");
    skill.effects.destructive = json::bool_at(*hints, "destructiveHint");
    skill.effects.idempotent = json::bool_at(*hints, "idempotentHint");
    skill.effects.open_world = json::bool_at(*hints, "openWorldHint");
  }
  if (const std::string_view title = json::string_at(o, "title"); !title.empty())
    skill.title = std::string(title);
  const json::value* input = json::find(o, "inputSchema");
  if (input == nullptr || !input->is_object()) {
    return fail(Reason::upstream_protocol,
                std::format("tool `{}` has no inputSchema object", name));
  }
  if (auto headers = header_params(*input); !headers) {
    return fail(Reason::upstream_protocol,
                std::format("tool `{}`: {}", name, headers.error().message));
  }
  skill.input_schema = *input;
  const json::value* output = json::find(o, "outputSchema");
  if (output != nullptr && readable(*output)) skill.output_schema = *output;
  skill.raw["tool"] = o;
  return skill;
}

namespace {

struct HeaderScan {
  std::vector<HeaderParam> found;
  std::vector<std::string> path;
};

std::unexpected<Error> bad_header(std::string_view what) {
  return fail(Reason::invalid_argument, std::format("x-mcp-header {}", what));
}

Result<void> take_header(HeaderScan& scan, const json::object& property, const json::value& mark) {
  if (!mark.is_string() || mark.get_string().empty()) return bad_header("must be a name");
  const std::string_view header = mark.get_string();
  if (!wire::valid_header_name(header))
    return bad_header(std::format("`{}` is no header name", header.substr(0, 64)));
  const std::string_view type = json::string_at(property, "type");
  if (type != "string" && type != "integer" && type != "boolean") {
    return bad_header(
        std::format("`{}` stands on a property that is no string, integer or boolean", header));
  }
  for (const HeaderParam& other : scan.found) {
    if (wire::same_name(other.header, header))
      return bad_header(std::format("`{}` stands twice", header));
  }
  scan.found.push_back(HeaderParam{scan.path, std::string(header)});
  return {};
}

/// Looks for a mark anywhere that `properties` alone do not lead to.
bool has_hidden_mark(const json::value& v, int depth) {
  if (depth > kHeaderDepthMax) return false;
  if (v.is_array()) {
    return std::ranges::any_of(v.get_array(),
                               [&](const auto& e) { return has_hidden_mark(e, depth + 1); });
  }
  if (!v.is_object()) return false;
  return std::ranges::any_of(v.get_object(), [&](const auto& member) {
    return member.key() == "x-mcp-header" || has_hidden_mark(member.value(), depth + 1);
  });
}

Result<void> scan_schema(HeaderScan& scan, const json::object& schema, int depth) {
  if (depth > kHeaderDepthMax) return bad_header("search: the schema is too deep");
  for (const auto& [key, value] : schema) {
    const bool data = key == "default" || key == "examples" || key == "enum" || key == "const";
    if (key == "properties" || key == "x-mcp-header" || data) continue;
    if (has_hidden_mark(value, 0))
      return bad_header(std::format("under `{}` cannot be reached", std::string_view(key)));
  }
  const json::object* properties = json::object_at(schema, "properties");
  if (properties == nullptr) return {};
  for (const auto& [name, property] : *properties) {
    if (!property.is_object()) continue;
    const json::object& o = property.get_object();
    scan.path.emplace_back(name);
    if (const json::value* mark = json::find(o, "x-mcp-header"))
      WEFT_CHECK(take_header(scan, o, *mark));
    WEFT_CHECK(scan_schema(scan, o, depth + 1));
    scan.path.pop_back();
  }
  return {};
}

}  // namespace

Result<std::vector<HeaderParam>> header_params(const json::value& input_schema) {
  HeaderScan scan;
  if (!input_schema.is_object()) return scan.found;
  if (input_schema.get_object().contains("x-mcp-header"))
    return bad_header("stands on the arguments themselves");
  WEFT_CHECK(scan_schema(scan, input_schema.get_object(), 0));
  return std::move(scan.found);
}

json::object continue_tool() {
  static constexpr std::string_view kTool = R"({
    "name": "continue_task",
    "title": "Continue a task",
    "description": "Answers the question at which a task waits, and gives what the task comes to.",
    "inputSchema": {
      "type": "object",
      "properties": {
        "task_id": {"type": "string", "description": "The task's id, from the result that asked."},
        "answers": {"type": "object", "description": "For each question its answer: an object that fits the question's form, or a string."},
        "text": {"type": "string", "description": "One answer in plain words, when there is one question."},
        "decline": {"type": "boolean", "description": "True refuses to answer; the task goes on without."}
      },
      "required": ["task_id"]
    }
  })";
  return *json::parse_object(kTool, "continue_task");
}

}  // namespace weft::adapters::mcp
