#include "weft/ml/serving/endpoint_configs.h"

#include <cmath>
#include <format>
#include <set>

#include "weft/base/log.h"
#include "weft/ml/serving/limits.h"

namespace weft::ml {
namespace {

std::shared_ptr<const EndpointConfig> config_of(const Record& record) {
  auto config = endpoint_config_from_json(record.body);
  if (config) return std::make_shared<const EndpointConfig>(*std::move(config));
  log::error("endpoint configuration {} of {}: {}", record.name, record.owner,
             config.error().message);
  return nullptr;
}

Error too_many(std::string message) {
  Error error = make_error(Reason::rate_limited, std::move(message));
  error.code = Code::resource_exhausted;
  return error;
}

}  // namespace

Error none_such(std::string_view what, std::string_view name) {
  Error error =
      make_error(Reason::invalid_argument, std::format("there is no {} `{}`", what, name));
  error.code = Code::not_found;
  error.param = name;
  return error;
}

Result<void> check_weight(std::string_view variant, double weight) {
  if (std::isfinite(weight) && weight >= 0) return {};
  return fail(Reason::invalid_argument,
              std::format("variant {}: the weight {} is none; it is 0 or more", variant, weight));
}

Result<void> check_instances(std::string_view variant, std::int64_t instances) {
  if (instances < 1) {
    return fail(
        Reason::invalid_argument,
        std::format("variant {}: {} instances; a variant has one at least", variant, instances));
  }
  if (instances > static_cast<std::int64_t>(kInstancesMax)) {
    return fail(too_many(std::format("variant {}: {} instances are more than the {} that can be",
                                     variant, instances, kInstancesMax)));
  }
  return {};
}

Result<void> EndpointConfigs::check(const EndpointConfig& config) const {
  if (config.variants.empty())
    return fail(Reason::invalid_argument, "an endpoint configuration has one variant at least");
  if (config.variants.size() > kVariantsMax) {
    return fail(too_many(std::format("{} variants are more than the {} that can be",
                                     config.variants.size(), kVariantsMax)));
  }
  std::set<std::string_view> names;
  for (const VariantSpec& each : config.variants) {
    if (!names.insert(each.name).second) {
      return fail(Reason::invalid_argument, std::format("two variants are called `{}`", each.name));
    }
    WEFT_CHECK(check_weight(each.name, each.weight));
    WEFT_CHECK(check_instances(each.name, each.instances));
    if (!models_.find(config.owner, each.model)) return fail(none_such("model", each.model));
  }
  return {};
}

Awaitable<Result<void>> EndpointConfigs::create(EndpointConfig config) {
  WEFT_CO_CHECK(check(config));
  config.created_ms = clock_.unix_ms();
  Record record{.owner = config.owner,
                .name = config.name,
                .created_ms = config.created_ms,
                .modified_ms = config.created_ms,
                .status = "",
                .body = to_json(config)};
  co_return co_await catalog_.create(std::move(record));
}

std::shared_ptr<const EndpointConfig> EndpointConfigs::find(std::string_view owner,
                                                            std::string_view name) const {
  const RecordPtr record = catalog_.find(owner, name);
  return record ? config_of(*record) : nullptr;
}

Result<EndpointConfigPage> EndpointConfigs::list(const ListQuery& query) const {
  WEFT_TRY(ListPage page, catalog_.list(query));
  EndpointConfigPage out{.configs = {}, .next_token = std::move(page.next_token)};
  for (const RecordPtr& record : page.records) {
    if (auto config = config_of(*record)) out.configs.push_back(std::move(config));
  }
  return out;
}

Awaitable<Result<void>> EndpointConfigs::erase(std::string owner, std::string name) {
  WEFT_CO_TRY(const bool was, co_await catalog_.erase(std::move(owner), name));
  if (was) co_return Result<void>();
  co_return fail(none_such("endpoint configuration", name));
}

}  // namespace weft::ml
