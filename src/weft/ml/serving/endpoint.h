// Endpoints and what they are made of. Owned by ml (Endpoints); values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::ml {

/// A model's share of an endpoint, as its configuration says it.
struct VariantSpec {
  std::string name;
  std::string model;
  std::string instance_type;
  std::int64_t instances = 1;  ///< worker programs, each with the model loaded
  double weight = 1;
  friend bool operator==(const VariantSpec&, const VariantSpec&) = default;
};

struct EndpointConfig {
  std::string name;
  std::string owner;
  std::vector<VariantSpec> variants;
  std::int64_t created_ms = 0;
  /// As the door got it, for the door alone.
  json::object request;
};

enum class EndpointStatus : std::uint8_t {
  creating,
  updating,
  system_updating,  ///< weft was restarted and loads the models again
  in_service,
  deleting,
  failed,
};
/// `Creating`, `Updating`, `SystemUpdating`, `InService`, `Deleting`, `Failed`.
std::string_view to_string(EndpointStatus status);
std::optional<EndpointStatus> endpoint_status_from(std::string_view word);

/// What is true of a variant now, and what is wanted.
struct VariantState {
  std::string name;
  double weight = 1;
  double desired_weight = 1;
  std::int64_t instances = 1;  ///< that are ready
  std::int64_t desired_instances = 1;
  friend bool operator==(const VariantState&, const VariantState&) = default;
};

struct Endpoint {
  std::string name;
  std::string owner;
  std::string config;  ///< the one that answers now (while it is created: that will)
  /// The id it is called by from other protocols; the same in every life of weft.
  std::string solution;
  EndpointStatus status = EndpointStatus::creating;
  /// Why it failed, or why the last update was taken back.
  std::string failure;
  std::vector<VariantState> variants;
  std::int64_t created_ms = 0;
  std::int64_t modified_ms = 0;
  /// As the door got it, for the door alone.
  json::object request;
};

json::object to_json(const EndpointConfig& config);
json::object to_json(const Endpoint& endpoint);
/// Errors: Reason::internal (a record of the store that is none).
Result<EndpointConfig> endpoint_config_from_json(const json::object& object);
Result<Endpoint> endpoint_from_json(const json::object& object);

}  // namespace weft::ml
