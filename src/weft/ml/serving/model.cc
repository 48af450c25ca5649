#include "weft/ml/serving/model.h"

#include "weft/ml/serving/json_of.h"

namespace weft::ml {

json::object to_json(const ModelSpec& spec) {
  json::object environment;
  for (const auto& [name, value] : spec.environment) environment[name] = value;
  json::object out{{"name", spec.name},       {"image", spec.image},
                   {"packed", spec.packed},   {"environment", std::move(environment)},
                   {"network", spec.network}, {"request", spec.request}};
  if (spec.data) out["data"] = json::object{{"bucket", spec.data->bucket}, {"key", spec.data->key}};
  return out;
}

Result<ModelSpec> model_spec_from_json(const json::object& object) {
  ModelSpec out;
  out.name = json::string_at(object, "name");
  out.image = json::string_at(object, "image");
  if (out.name.empty()) return fail(Reason::internal, "the record of a model is damaged");
  if (const auto* data = json::object_at(object, "data")) {
    out.data = ObjectUri{.bucket = std::string(json::string_at(*data, "bucket")),
                         .key = std::string(json::string_at(*data, "key"))};
  }
  out.packed = json::bool_at(object, "packed").value_or(true);
  if (const auto* environment = json::object_at(object, "environment")) {
    for (const auto& [name, value] : *environment) {
      if (value.is_string()) out.environment[name] = value.get_string();
    }
  }
  out.network = json::bool_at(object, "network").value_or(false);
  if (const auto* request = json::object_at(object, "request")) out.request = *request;
  return out;
}

json::object to_json(const Model& model) {
  return {{"spec", to_json(model.spec)}, {"owner", model.owner}, {"created_ms", model.created_ms}};
}

Result<Model> model_from_json(const json::object& object) {
  const json::object* spec = json::object_at(object, "spec");
  if (spec == nullptr) return fail(Reason::internal, "the record of a model is damaged");
  Model out{.spec = {},
            .owner = std::string(json::string_at(object, "owner")),
            .created_ms = json::int_at(object, "created_ms").value_or(0)};
  WEFT_TRY(out.spec, model_spec_from_json(*spec));
  return out;
}

}  // namespace weft::ml
