// Signatures, and the JSON Schemas of the objects that stand for tensors.
#include <algorithm>
#include <charconv>
#include <format>
#include <optional>

#include "weft/wire/limits.h"
#include "weft/wire/tensor_json.h"

namespace weft::wire {
namespace {

/// Schemas are for people and models to read: beyond this many members none is listed.
constexpr std::size_t kMembersListed = 256;

std::unexpected<Error> wrong(std::string message) {
  return fail(Reason::invalid_argument, std::move(message));
}

/// Some servers write dimensions as text.
std::optional<std::int64_t> dimension_of(const json::value& size) {
  if (!size.is_string()) {
    boost::system::error_code error;
    const auto number = size.to_number<std::int64_t>(error);
    return error ? std::nullopt : std::optional(number);
  }
  const std::string_view text = size.get_string();
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<TensorSpec> read_spec(const json::value& item) {
  const json::object* o = item.if_object();
  if (o == nullptr) return wrong("a tensor of the signature is no object");
  TensorSpec out;
  out.name = json::string_at(*o, "name");
  if (out.name.empty()) return wrong("a tensor of the signature has no name");
  const std::string_view word = json::string_at(*o, "datatype");
  const auto type = tensor_type_from(word);
  if (!type) return wrong(std::format("tensor `{}`: `{}` is no datatype", out.name, word));
  out.type = *type;
  const json::array* shape = json::array_at(*o, "shape");
  if (shape == nullptr) return out;
  if (shape->size() > static_cast<std::size_t>(kTensorRankMax))
    return wrong(std::format("tensor `{}`: its shape has too many dimensions", out.name));
  for (const json::value& size : *shape) {
    const auto number = dimension_of(size);
    if (!number) return wrong(std::format("tensor `{}`: a dimension is no whole number", out.name));
    out.shape.push_back(std::max<std::int64_t>(*number, -1));
  }
  return out;
}

Result<std::vector<TensorSpec>> read_specs(const json::object& about, std::string_view name) {
  std::vector<TensorSpec> out;
  const json::array* list = json::array_at(about, name);
  if (list == nullptr) return out;
  if (list->size() > kTensorsMax) return wrong(std::format("`{}` are too many", name));
  for (const json::value& item : *list) {
    WEFT_TRY(TensorSpec spec, read_spec(item));
    out.push_back(std::move(spec));
  }
  return out;
}

std::vector<std::string> texts_at(const json::object& about, std::string_view name) {
  std::vector<std::string> out;
  const json::array* list = json::array_at(about, name);
  if (list == nullptr) return out;
  for (const json::value& item : *list) {
    if (!item.is_string()) return {};
    out.emplace_back(item.get_string());
  }
  return out;
}

// ---- schemas

json::object whole_number(std::int64_t least, std::int64_t most) {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

json::object element_schema(TensorType type) {
  switch (type) {
    case TensorType::boolean: return {{"type", "boolean"}};
    case TensorType::uint8: return whole_number(0, UINT8_MAX);
    case TensorType::uint16: return whole_number(0, UINT16_MAX);
    case TensorType::uint32: return whole_number(0, UINT32_MAX);
    case TensorType::int8: return whole_number(INT8_MIN, INT8_MAX);
    case TensorType::int16: return whole_number(INT16_MIN, INT16_MAX);
    case TensorType::int32: return whole_number(INT32_MIN, INT32_MAX);
    // Beyond 2^53 JSON's numbers are not what they were everywhere: as text they are.
    case TensorType::uint64:
      return {{"type", json::array{"integer", "string"}}, {"pattern", "^[0-9]+$"}};
    case TensorType::int64:
      return {{"type", json::array{"integer", "string"}}, {"pattern", "^-?[0-9]+$"}};
    case TensorType::fp16:
    case TensorType::bf16:
    case TensorType::fp32:
    case TensorType::fp64: return {{"type", json::array{"number", "null"}}};
    case TensorType::bytes: break;
  }
  return {{"type", json::array{"string", "object"}}};
}

json::object list_schema(json::object items, std::int64_t size) {
  json::object out{{"type", "array"}, {"items", std::move(items)}};
  if (size >= 0) out["minItems"] = out["maxItems"] = size;
  return out;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string out = "[";
  for (const std::int64_t size : shape)
    out += std::format("{}{}", out.size() > 1 ? ", " : "", size);
  return out + "]";
}

std::string description_of(const TensorSpec& spec) {
  return std::format("{} {}", to_string(spec.type), shape_text(spec.shape));
}

json::object whole_form(const TensorSpec& spec) {
  const json::object properties{{"datatype", {{"const", to_string(spec.type)}}},
                                {"shape", {{"type", "array"}, {"items", {{"type", "integer"}}}}},
                                {"data", {{"type", "array"}}}};
  return {{"type", "object"}, {"properties", properties}, {"required", json::array{"data"}}};
}

json::object nested(const TensorSpec& spec, std::size_t from) {
  json::object out = element_schema(spec.type);
  for (std::size_t i = spec.shape.size(); i > from; --i)
    out = list_schema(std::move(out), spec.shape[i - 1]);
  return out;
}

/// Whether one element alone can be all of it.
bool single(const TensorSpec& spec) {
  return std::ranges::all_of(spec.shape, [](std::int64_t size) { return size == -1 || size == 1; });
}

json::object input_tensor_schema(const TensorSpec& spec) {
  json::array forms;
  if (!spec.shape.empty()) forms.emplace_back(nested(spec, 0));
  // One row of a table stands for a table of one row.
  if (spec.shape.size() > 1 && (spec.shape[0] == -1 || spec.shape[0] == 1))
    forms.emplace_back(nested(spec, 1));
  if (single(spec)) forms.emplace_back(element_schema(spec.type));
  forms.emplace_back(whole_form(spec));
  return {{"description", description_of(spec)}, {"anyOf", std::move(forms)}};
}

json::object output_tensor_schema(const TensorSpec& spec) {
  json::object out;
  if (spec.shape.size() <= 1) {
    out = nested(spec, 0);
  } else {
    json::object form = whole_form(spec);
    form["properties"].as_object()["data"] = list_schema(element_schema(spec.type), -1);
    form["required"] = json::array{"datatype", "shape", "data"};
    out = std::move(form);
  }
  out["description"] = description_of(spec);
  return out;
}

json::object feature_schema(TensorType type) {
  json::object value = element_schema(type);
  json::object out{{"items", value}};
  json::array types{"array"};
  const json::value& of = value["type"];
  if (of.is_array()) {
    for (const json::value& each : of.get_array()) types.push_back(each);
  } else {
    types.push_back(of);
  }
  out["type"] = std::move(types);
  return out;
}

}  // namespace

Result<Signature> read_signature(const json::object& about) {
  Signature out;
  WEFT_TRY(out.inputs, read_specs(about, "inputs"));
  WEFT_TRY(out.outputs, read_specs(about, "outputs"));
  out.features = texts_at(about, "features");
  if (out.features.empty()) out.features = texts_at(about, "feature_names");
  const std::int64_t columns =
      json::int_at(about, "features").value_or(static_cast<std::int64_t>(out.features.size()));
  if (out.inputs.empty() && columns > 0)
    out.inputs.push_back({.name = "input-0", .type = TensorType::fp32, .shape = {-1, columns}});
  // Names are of use only where each is a column of the one table.
  const bool table = out.inputs.size() == 1 && out.inputs[0].type != TensorType::bytes &&
                     !out.inputs[0].shape.empty() &&
                     (out.inputs[0].shape.back() == -1 ||
                      out.inputs[0].shape.back() == static_cast<std::int64_t>(out.features.size()));
  if (!table) out.features.clear();
  return out;
}

json::array to_json(const std::vector<TensorSpec>& tensors) {
  json::array out;
  for (const TensorSpec& spec : tensors) {
    out.emplace_back(json::object{{"name", spec.name},
                                  {"datatype", to_string(spec.type)},
                                  {"shape", json::array(spec.shape.begin(), spec.shape.end())}});
  }
  return out;
}

json::object input_schema_of(const Signature& signature) {
  json::object out{{"type", "object"}};
  const std::size_t members = signature.inputs.size() + signature.features.size();
  if (signature.inputs.empty() || members > kMembersListed) return out;
  json::object properties;
  for (const std::string& feature : signature.features)
    properties[feature] = feature_schema(signature.inputs[0].type);
  json::array required;
  for (const TensorSpec& spec : signature.inputs) {
    properties[spec.name] = input_tensor_schema(spec);
    required.emplace_back(spec.name);
  }
  out["properties"] = std::move(properties);
  out["additionalProperties"] = false;
  if (signature.features.empty()) {
    out["required"] = std::move(required);
  } else {
    out["minProperties"] = 1;
    out["description"] = std::format(
        "All features by their names, each a number or a list with one for each row; or the table "
        "of them as `{}`.",
        signature.inputs[0].name);
  }
  return out;
}

json::object output_schema_of(const std::vector<TensorSpec>& outputs) {
  json::object out{{"type", "object"}};
  if (outputs.empty() || outputs.size() > kMembersListed) return out;
  json::object properties;
  for (const TensorSpec& spec : outputs) properties[spec.name] = output_tensor_schema(spec);
  out["properties"] = std::move(properties);
  return out;
}

}  // namespace weft::wire
