// The endpoint configurations there are. Owned by Endpoints; any loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/ml/serving/endpoints.h"

namespace weft::ml {

class EndpointConfigs {
 public:
  EndpointConfigs(const Clock& clock, store::Tables& tables, const Models& models)
      : clock_(clock), models_(models), catalog_(tables, "ml.endpoint_configs") {}

  Awaitable<Result<void>> start() { return catalog_.load(); }
  /// Errors: as Endpoints::create_config().
  Awaitable<Result<void>> create(EndpointConfig config);
  std::shared_ptr<const EndpointConfig> find(std::string_view owner, std::string_view name) const;
  Result<EndpointConfigPage> list(const ListQuery& query) const;
  Awaitable<Result<void>> erase(std::string owner, std::string name);

 private:
  Result<void> check(const EndpointConfig& config) const;

  const Clock& clock_;
  const Models& models_;
  Catalog catalog_;
};

/// There is no such thing: Code::not_found, with the name in `param`.
Error none_such(std::string_view what, std::string_view name);
/// Whether a weight can be one. Errors: Reason::invalid_argument.
Result<void> check_weight(std::string_view variant, double weight);
/// Errors: Reason::invalid_argument; more than can be (Code::resource_exhausted).
Result<void> check_instances(std::string_view variant, std::int64_t instances);

}  // namespace weft::ml
