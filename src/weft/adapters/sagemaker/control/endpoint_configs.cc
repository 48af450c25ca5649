#include <utility>

#include "weft/adapters/sagemaker/control/endpoint_specs.h"
#include "weft/adapters/sagemaker/control/lists.h"
#include "weft/adapters/sagemaker/control/operations.h"
#include "weft/adapters/sagemaker/control/tagging.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kName = "EndpointConfigName";

}  // namespace

Awaitable<AwsResult> create_endpoint_config(Call call) {
  auto config = endpoint_config_of(call.input);
  if (!config) co_return std::unexpected(std::move(config).error());
  auto tags = tags_of(call.input);
  if (!tags) co_return std::unexpected(std::move(tags).error());
  const std::string name = config->name;
  for (const ml::VariantSpec& variant : config->variants) {
    if (!call.ml.models.find(call.owner(), variant.model))
      co_return missing(call.caller, kModel, variant.model);
  }
  config->owner = call.owner();
  auto created = co_await call.ml.endpoints.create_config(*std::move(config));
  if (!created && created.error().code == Code::already_exists)
    co_return existing(call.caller, kEndpointConfig, name);
  if (!created) co_return std::unexpected(to_aws(created.error()));
  auto kept = co_await keep_tags(call.ml, call.owner(), kEndpointConfig, name, *std::move(tags));
  if (!kept) co_return std::unexpected(std::move(kept).error());
  co_return arn_answer(call.caller, "EndpointConfigArn", kEndpointConfig, name);
}

Awaitable<AwsResult> describe_endpoint_config(Call call) {
  const std::string name = call.name(kName);
  const auto config = call.ml.endpoints.find_config(call.owner(), name);
  if (!config) co_return missing(call.caller, kEndpointConfig, name);
  co_return described(call.caller, *config);
}

Awaitable<AwsResult> delete_endpoint_config(Call call) {
  const std::string name = call.name(kName);
  auto erased = co_await call.ml.endpoints.erase_config(call.owner(), name);
  if (!erased && erased.error().code == Code::not_found)
    co_return missing(call.caller, kEndpointConfig, name);
  if (!erased) co_return std::unexpected(to_aws(erased.error()));
  auto forgotten = co_await call.ml.tags.forget(call.owner(), tagged(kEndpointConfig, name));
  if (!forgotten) co_return std::unexpected(to_aws(forgotten.error()));
  co_return json::object();
}

Awaitable<AwsResult> list_endpoint_configs(Call call) {
  const auto query = list_query(call, /*descending=*/true);
  if (!query) co_return std::unexpected(query.error());
  const auto page = call.ml.endpoints.list_configs(*query);
  if (!page) co_return std::unexpected(to_aws(page.error()));
  json::array configs;
  for (const auto& config : page->configs) {
    configs.push_back(
        json::object{{"EndpointConfigName", config->name},
                     {"EndpointConfigArn", arn_of(call.caller, kEndpointConfig, config->name)},
                     {"CreationTime", seconds_of(config->created_ms)}});
  }
  co_return page_answer("EndpointConfigs", std::move(configs), page->next_token);
}

}  // namespace weft::adapters::sagemaker
