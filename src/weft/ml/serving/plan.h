// What an endpoint is made of, with all that it takes to make it again: configurations and models
// may be deleted while it answers. Owned by ml (Endpoints); values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/ml/catalog/catalog.h"
#include "weft/ml/serving/endpoint.h"
#include "weft/ml/serving/model.h"

namespace weft::ml {

/// A variant with its model, as both were when the endpoint was made or updated.
struct PlannedVariant {
  VariantSpec spec;
  ModelSpec model;
};

struct Plan {
  std::string config;  ///< the configuration's name
  std::vector<PlannedVariant> variants;
  std::size_t instances() const;
};

/// An endpoint as the store has it.
struct EndpointRecord {
  Endpoint endpoint;
  Plan current;  ///< what answers; while it is created: what will
  /// What it is changed to (Updating).
  std::optional<Plan> next;
  /// `next` is `current` with other numbers of instances.
  bool resizes = false;
};

/// Variants as they are said before any of their workers is ready.
std::vector<VariantState> states_of(const Plan& plan);

Record to_record(const EndpointRecord& record);
/// Errors: Reason::internal (a record of the store that is none).
Result<EndpointRecord> endpoint_record_from(const Record& record);

}  // namespace weft::ml
