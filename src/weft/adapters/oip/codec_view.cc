// A skill as a model: which tensors it is shown to take and give.
#include <algorithm>
#include <array>

#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/limits.h"
#include "weft/base/text.h"

namespace weft::adapters::oip {
namespace {

using wire::TensorSpec;
using wire::TensorType;

constexpr std::size_t kDescriptionBytesMax = 1'000;
/// A schema beyond this is not repeated: the skill checks its arguments itself.
constexpr std::size_t kSchemaBytesMax = 64 * 1024;

constexpr std::array kReserved{kTextInput, kTextOutput, kArgs, kResult, kEmbedding};

TensorSpec texts(std::string_view name, std::int64_t size) {
  return {.name = std::string(name), .type = TensorType::bytes, .shape = {size}};
}

/// The one type that a schema names, `null` beside it aside; empty when there are several.
std::string_view type_of(const json::value& schema) {
  const json::value* type = json::find(schema, "type");
  if (type == nullptr) return {};
  if (type->is_string()) return type->get_string();
  if (!type->is_array()) return {};
  std::string_view out;
  for (const json::value& each : type->get_array()) {
    if (!each.is_string() || each.get_string() == "null") continue;
    if (!out.empty()) return {};
    out = each.get_string();
  }
  return out;
}

std::optional<TensorType> element_of(std::string_view type) {
  if (type == "string") return TensorType::bytes;
  if (type == "integer") return TensorType::int64;
  if (type == "number") return TensorType::fp64;
  if (type == "boolean") return TensorType::boolean;
  return std::nullopt;
}

std::optional<TensorSpec> member_spec(std::string_view name, const json::value& schema) {
  const std::string_view type = type_of(schema);
  if (const auto element = element_of(type))
    return TensorSpec{.name = std::string(name), .type = *element, .shape = {1}};
  const json::value* items = type == "array" ? json::find(schema, "items") : nullptr;
  const auto element = items != nullptr ? element_of(type_of(*items)) : std::nullopt;
  if (!element) return std::nullopt;
  return TensorSpec{.name = std::string(name), .type = *element, .shape = {-1}};
}

/// A tensor for each top-level member, when each is a value or a list of them.
std::vector<TensorSpec> members_of(const std::optional<json::value>& schema) {
  const json::object* o = schema ? schema->if_object() : nullptr;
  const json::object* properties = o != nullptr ? json::object_at(*o, "properties") : nullptr;
  if (properties == nullptr || properties->size() > kMembersMax) return {};
  std::vector<TensorSpec> out;
  for (const auto& [name, member] : *properties) {
    const std::string_view key = name;
    if (std::ranges::find(kReserved, key) != kReserved.end()) return {};
    auto spec = member_spec(key, member);
    if (!spec) return {};
    out.push_back(*std::move(spec));
  }
  return out;
}

void show_arguments(ModelView& view, const model::Skill& skill) {
  view.signature.inputs = members_of(skill.input_schema);
  view.form = view.signature.inputs.empty() ? Form::arguments : Form::members;
  if (view.form == Form::arguments) view.signature.inputs = {texts(kArgs, 1)};
  view.signature.outputs = members_of(skill.output_schema);
  view.signature.outputs.push_back(texts(kResult, 1));
  view.signature.outputs.push_back(texts(kTextOutput, 1));
}

void show_texts(ModelView& view) {
  view.form = Form::text;
  view.signature.inputs = {texts(kTextInput, -1)};
  view.signature.outputs = {texts(kTextOutput, -1)};
}

void show_embedding(ModelView& view) {
  view.form = Form::embedding;
  view.signature.inputs = {texts(kTextInput, -1)};
  view.signature.outputs = {
      {.name = std::string(kEmbedding), .type = TensorType::fp32, .shape = {-1, -1}}};
}

void put_schema(json::object& to, std::string_view name, const std::optional<json::value>& schema) {
  if (!schema) return;
  const std::string text = json::write(*schema);
  if (text.size() <= kSchemaBytesMax) to[name] = text;
}

json::object properties_of(const model::Skill& skill) {
  json::object out{{kShapeProperty, model::to_string(skill.shape)}};
  put_schema(out, kInputProperty, skill.input_schema);
  put_schema(out, kOutputProperty, skill.output_schema);
  if (!skill.title.empty()) out[kTitleProperty] = skill.title;
  if (!skill.description.empty())
    out[kDescriptionProperty] = beginning_of(skill.description, kDescriptionBytesMax);
  return out;
}

}  // namespace

ModelView view_of(const model::Skill& skill, const json::object* about) {
  ModelView out;
  if (about == nullptr && json::array_at(skill.raw, "inputs") != nullptr) about = &skill.raw;
  if (about != nullptr) {
    out.form = Form::tensors;
    out.signature = wire::read_signature(*about).value_or(wire::Signature());
    const std::string_view engine = json::string_at(*about, "engine");
    const std::string_view platform = engine.empty() ? json::string_at(*about, "platform") : engine;
    if (!platform.empty()) out.platform = platform;
    return out;
  }
  switch (skill.shape) {
    case model::Shape::converse: show_texts(out); break;
    case model::Shape::embed: show_embedding(out); break;
    default: show_arguments(out, skill);
  }
  return out;
}

json::object metadata_json(const ModelView& view, const model::Skill& skill, std::string_view name,
                           std::string_view version) {
  json::object out{{"name", name},
                   {"versions", json::array{json::value(version)}},
                   {"platform", view.platform},
                   {"inputs", wire::to_json(view.signature.inputs)},
                   {"outputs", wire::to_json(view.signature.outputs)}};
  if (view.form != Form::tensors) out["properties"] = properties_of(skill);
  return out;
}

}  // namespace weft::adapters::oip
