// Records of serving as JSON: what several of them share. Owned by ml; pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/ml/serving/endpoint.h"
#include "weft/ml/serving/model.h"

namespace weft::ml {

/// Each object of an array.
template <class Take>
void each_of(const json::object& object, std::string_view key, Take take) {
  const json::array* array = json::array_at(object, key);
  if (array == nullptr) return;
  for (const json::value& value : *array) {
    if (value.is_object()) take(value.get_object());
  }
}

json::object to_json(const VariantSpec& variant);
VariantSpec variant_spec_from_json(const json::object& object);
json::object to_json(const ModelSpec& spec);
/// Errors: Reason::internal (a record of the store that is none).
Result<ModelSpec> model_spec_from_json(const json::object& object);

}  // namespace weft::ml
