// What the operations of CloudWatch Logs share. Owned by adapters/sagemaker; any loop.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/ml/api.h"

namespace weft::adapters::sagemaker {

struct LogCall {
  ml::Logs& logs;
  const ml::Endpoints& endpoints;
  AwsCaller caller;
  json::object input;

  /// As Logs has an owner's group.
  std::string owned(std::string_view group) const {
    return ml::owned_group(caller.principal.name, group);
  }
};

Awaitable<AwsResult> describe_log_groups(LogCall call);
Awaitable<AwsResult> describe_log_streams(LogCall call);
Awaitable<AwsResult> get_log_events(LogCall call);
Awaitable<AwsResult> filter_log_events(LogCall call);

std::unexpected<AwsError> wrong_parameter(std::string message);
/// What Logs failed with, in CloudWatch's words.
std::unexpected<AwsError> log_error(const Error& error);
/// The group that `logGroupName` or `logGroupIdentifier` (a name or an ARN) names.
std::expected<std::string, AwsError> group_of(const LogCall& call);
/// The group's streams (Logs::streams); none of an endpoint that has written nothing yet, whose
/// group is not there before it does.
Awaitable<Result<std::vector<ml::LogStream>>> streams_of(const LogCall& call, std::string group,
                                                         std::string prefix);
/// Whether it is the group of an endpoint that is there.
bool is_endpoints(const LogCall& call, std::string_view group);
/// `arn:aws:logs:REGION:ACCOUNT:log-group:GROUP`
std::string group_arn(const AwsCaller& caller, std::string_view group);

}  // namespace weft::adapters::sagemaker
