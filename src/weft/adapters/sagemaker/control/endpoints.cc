#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/control/endpoint_specs.h"
#include "weft/adapters/sagemaker/control/endpoint_view.h"
#include "weft/adapters/sagemaker/control/lists.h"
#include "weft/adapters/sagemaker/control/operations.h"
#include "weft/adapters/sagemaker/control/tagging.h"

namespace weft::adapters::sagemaker {
namespace {

constexpr std::string_view kName = "EndpointName";
constexpr std::string_view kConfig = "EndpointConfigName";

/// What creating or changing an endpoint failed with, in SageMaker's words.
std::unexpected<AwsError> told(const Call& call, const Error& error, const std::string& config) {
  const std::string name = call.name(kName);
  switch (error.code) {
    case Code::already_exists: return existing(call.caller, kEndpoint, name);
    case Code::failed_precondition:
      return invalid(std::format("Cannot update in-progress endpoint \"{}\".",
                                 arn_of(call.caller, kEndpoint, name)));
    case Code::not_found:
      if (!call.ml.endpoints.find(call.owner(), name) && error.param == name)
        return missing(call.caller, kEndpoint, name);
      if (!config.empty() && !call.ml.endpoints.find_config(call.owner(), config))
        return missing(call.caller, kEndpointConfig, config);
      return missing(call.caller, kModel, error.param);
    default: return std::unexpected(to_aws(error));
  }
}

}  // namespace

Awaitable<AwsResult> create_endpoint(Call call) {
  auto fine = check_deployment(call.input);
  if (!fine) co_return std::unexpected(std::move(fine).error());
  auto tags = tags_of(call.input);
  if (!tags) co_return std::unexpected(std::move(tags).error());
  const std::string name = call.name(kName);
  const std::string config = call.name(kConfig);
  if (call.ml.endpoints.find(call.owner(), name)) co_return existing(call.caller, kEndpoint, name);
  if (!call.ml.endpoints.find_config(call.owner(), config))
    co_return missing(call.caller, kEndpointConfig, config);
  json::object request = call.input;
  request.erase("Tags");
  auto created = co_await call.ml.endpoints.create(call.owner(), name, config, std::move(request));
  if (!created) co_return told(call, created.error(), config);
  auto kept = co_await keep_tags(call.ml, call.owner(), kEndpoint, name, *std::move(tags));
  if (!kept) co_return std::unexpected(std::move(kept).error());
  co_return arn_answer(call.caller, "EndpointArn", kEndpoint, name);
}

Awaitable<AwsResult> describe_endpoint(Call call) {
  const std::string name = call.name(kName);
  const auto endpoint = call.ml.endpoints.find(call.owner(), name);
  if (!endpoint) co_return missing(call.caller, kEndpoint, name);
  co_return described(call, *endpoint);
}

Awaitable<AwsResult> update_endpoint(Call call) {
  const std::string name = call.name(kName);
  const std::string config = call.name(kConfig);
  if (!call.ml.endpoints.find(call.owner(), name)) co_return missing(call.caller, kEndpoint, name);
  if (!call.ml.endpoints.find_config(call.owner(), config))
    co_return missing(call.caller, kEndpointConfig, config);
  auto fine = check_deployment(call.input);
  if (!fine) co_return std::unexpected(std::move(fine).error());
  const auto keeps = keeps_variants(call.input);
  if (!keeps) co_return std::unexpected(keeps.error());
  json::object changed;
  if (!json::bool_at(call.input, "RetainDeploymentConfig").value_or(false)) {
    const json::value* deployment = json::find(call.input, "DeploymentConfig");
    changed["DeploymentConfig"] = deployment == nullptr ? json::value() : *deployment;
  }
  auto updated =
      co_await call.ml.endpoints.update(call.owner(), name, config, *keeps, std::move(changed));
  if (!updated) co_return told(call, updated.error(), config);
  co_return arn_answer(call.caller, "EndpointArn", kEndpoint, name);
}

Awaitable<AwsResult> update_endpoint_weights_and_capacities(Call call) {
  const std::string name = call.name(kName);
  const auto endpoint = call.ml.endpoints.find(call.owner(), name);
  if (!endpoint) co_return missing(call.caller, kEndpoint, name);
  auto changes = variant_changes_of(call.input);
  if (!changes) co_return std::unexpected(std::move(changes).error());
  for (const ml::VariantChange& change : *changes) {
    const auto at = std::ranges::find(endpoint->variants, change.variant, &ml::VariantState::name);
    if (at == endpoint->variants.end()) {
      co_return invalid(std::format(
          "The variant name(s) \"{}\" is/are not present within endpoint configuration \"{}\".",
          change.variant, endpoint->config));
    }
  }
  auto changed =
      co_await call.ml.endpoints.change_variants(call.owner(), name, *std::move(changes));
  if (!changed) co_return told(call, changed.error(), "");
  co_return arn_answer(call.caller, "EndpointArn", kEndpoint, name);
}

Awaitable<AwsResult> delete_endpoint(Call call) {
  const std::string name = call.name(kName);
  auto erased = co_await call.ml.endpoints.erase(call.owner(), name);
  if (!erased && erased.error().code == Code::not_found)
    co_return missing(call.caller, kEndpoint, name);
  if (!erased && erased.error().code == Code::failed_precondition) {
    co_return invalid(std::format("Cannot delete in-progress endpoint \"{}\".",
                                  arn_of(call.caller, kEndpoint, name)));
  }
  if (!erased) co_return std::unexpected(to_aws(erased.error()));
  auto forgotten = co_await call.ml.tags.forget(call.owner(), tagged(kEndpoint, name));
  if (!forgotten) co_return std::unexpected(to_aws(forgotten.error()));
  co_return json::object();
}

Awaitable<AwsResult> list_endpoints(Call call) {
  const auto query = list_query(call, /*descending=*/true);
  if (!query) co_return std::unexpected(query.error());
  const auto page = call.ml.endpoints.list(*query);
  if (!page) co_return std::unexpected(to_aws(page.error()));
  json::array endpoints;
  for (const auto& endpoint : page->endpoints) endpoints.push_back(summary(call.caller, *endpoint));
  co_return page_answer("Endpoints", std::move(endpoints), page->next_token);
}

}  // namespace weft::adapters::sagemaker
