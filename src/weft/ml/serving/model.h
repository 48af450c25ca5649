// A model that was created: where its files are, and what loads them. Owned by ml (Models); values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/ml/jobs/training_job.h"

namespace weft::ml {

struct ModelSpec {
  std::string name;
  /// An image's address or an algorithm's name: what loads it (algorithm.h).
  std::string image;
  /// A `.tar.gz`, or where `packed` is false all objects whose keys begin with it; nothing: a
  /// program that needs none.
  std::optional<ObjectUri> data;
  bool packed = true;
  std::map<std::string, std::string, std::less<>> environment;
  bool network = false;
  /// As the door got it, for the door alone.
  json::object request;
};

struct Model {
  ModelSpec spec;
  std::string owner;  ///< the principal's name
  std::int64_t created_ms = 0;
};

json::object to_json(const Model& model);
/// Errors: Reason::internal (a record of the store that is none).
Result<Model> model_from_json(const json::object& object);

}  // namespace weft::ml
