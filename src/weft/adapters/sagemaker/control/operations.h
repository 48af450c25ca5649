// The operations of the control plane. Owned by adapters/sagemaker; any loop.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/adapters/sagemaker/control/members.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

/// One request: who asks for what. Its input fits its shape.
struct Call {
  ml::Api& ml;
  AwsCaller caller;
  json::object input;

  const std::string& owner() const { return caller.principal.name; }
  std::string name(std::string_view member) const { return text_at(input, member); }
};
using Operation = Awaitable<AwsResult> (*)(Call call);

Awaitable<AwsResult> create_training_job(Call call);
Awaitable<AwsResult> describe_training_job(Call call);
Awaitable<AwsResult> stop_training_job(Call call);
Awaitable<AwsResult> update_training_job(Call call);
Awaitable<AwsResult> delete_training_job(Call call);
Awaitable<AwsResult> list_training_jobs(Call call);

Awaitable<AwsResult> create_model(Call call);
Awaitable<AwsResult> describe_model(Call call);
Awaitable<AwsResult> delete_model(Call call);
Awaitable<AwsResult> list_models(Call call);

Awaitable<AwsResult> create_endpoint_config(Call call);
Awaitable<AwsResult> describe_endpoint_config(Call call);
Awaitable<AwsResult> delete_endpoint_config(Call call);
Awaitable<AwsResult> list_endpoint_configs(Call call);

Awaitable<AwsResult> create_endpoint(Call call);
Awaitable<AwsResult> describe_endpoint(Call call);
Awaitable<AwsResult> update_endpoint(Call call);
Awaitable<AwsResult> update_endpoint_weights_and_capacities(Call call);
Awaitable<AwsResult> delete_endpoint(Call call);
Awaitable<AwsResult> list_endpoints(Call call);

Awaitable<AwsResult> add_tags(Call call);
Awaitable<AwsResult> list_tags(Call call);
Awaitable<AwsResult> delete_tags(Call call);
Awaitable<AwsResult> search(Call call);

/// The kinds of things in ARNs and in names of what tags are on.
inline constexpr std::string_view kTrainingJob = "training-job";
inline constexpr std::string_view kModel = "model";
inline constexpr std::string_view kEndpointConfig = "endpoint-config";
inline constexpr std::string_view kEndpoint = "endpoint";

/// `Could not find endpoint "arn:…".`: what clients and waiters match.
std::unexpected<AwsError> missing(const AwsCaller& caller, std::string_view kind,
                                  std::string_view name);
/// `Cannot create already existing endpoint "arn:…".`
std::unexpected<AwsError> existing(const AwsCaller& caller, std::string_view kind,
                                   std::string_view name);
/// `{MEMBER: "arn:…"}`
json::object arn_answer(const AwsCaller& caller, std::string_view member, std::string_view kind,
                        std::string_view name);

}  // namespace weft::adapters::sagemaker
