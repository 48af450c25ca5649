// One operation of an AWS service, whatever form it was sent in (awsJson, query, CBOR): a JSON
// object in, a JSON object or an error out. Owned by adapters/sagemaker; any loop.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/base/json.h"
#include "weft/model/call.h"

namespace weft::adapters::sagemaker {

struct Shapes;

/// Who asks, and in which account and region they believe to be.
struct AwsCaller {
  model::Principal principal;
  std::string account;  ///< 12 digits, the principal's own
  std::string region;
  /// `http://127.0.0.1:8420`, as the caller reached it.
  std::string endpoint;
  CancelToken gone;
};

/// An error as AWS's clients match it.
struct AwsError {
  int status = 400;
  std::string code;  ///< `ValidationException`, `ResourceNotFound`
  std::string message;
  json::object more;  ///< further members of its shape
};
/// The error of a reason, in the words that this service's clients know (README, table).
AwsError to_aws(const Error& error);

using AwsResult = std::expected<json::object, AwsError>;

struct AwsService {
  /// The signing name: `sagemaker`, `logs`, `monitoring`, `sts`, `iam`.
  std::string_view signing_name;
  /// What X-Amz-Target begins with (`SageMaker`), and the name of the CBOR path
  /// (`GraniteServiceVersion20100801`).
  std::string_view target;
  /// The API version of the query form; empty: it has none.
  std::string_view query_version;
  /// The namespace of the query form's answers.
  std::string_view xml_namespace;
  /// What requests and answers are; null: they are taken as they are.
  const Shapes* shapes = nullptr;
  /// Input that fits its shape already. An operation that is none of its own is an
  /// `UnknownOperationException`.
  std::function<Awaitable<AwsResult>(AwsCaller, std::string operation, json::object input)> call;
};

/// `arn:aws:sagemaker:REGION:ACCOUNT:KIND/NAME`, the name in lower case as AWS has it.
std::string arn_of(const AwsCaller& caller, std::string_view kind, std::string_view name);

}  // namespace weft::adapters::sagemaker
