#include "weft/adapters/sagemaker/aws/identity.h"

#include <format>

#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/base/url.h"
#include "weft/wire/digest.h"

namespace weft::adapters::sagemaker {
namespace {

/// The SageMaker SDK takes a session of a role of this name for an execution role, and asks no
/// further.
constexpr std::string_view kRole = "AmazonSageMaker-ExecutionRole";
constexpr std::string_view kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)"
    R"({"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
constexpr std::int64_t kSessionSeconds = 3600;

/// `AROA` and 17 characters, as AWS has it: the same for the same name.
std::string role_id(const AwsCaller& caller, std::string_view role) {
  std::string out = wire::hex(wire::sha256(std::format("{}/{}", caller.account, role)));
  out.resize(17);
  for (char& c : out) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  return "AROA" + out;
}

std::string arn_of_session(const AwsCaller& caller) {
  return std::format("arn:aws:sts::{}:assumed-role/{}/{}", caller.account, kRole,
                     caller.principal.name);
}

/// By name, with what to do instead.
AwsError refused(std::string_view service, std::string_view operation, std::string_view instead) {
  return {.status = 400,
          .code = "UnknownOperationException",
          .message = std::format("weft does not have the operation {} of `{}`; {}", operation,
                                 service, instead),
          .more = {}};
}

AwsError may_not(const AwsCaller& caller, std::string_view operation) {
  return {.status = 403,
          .code = "AccessDenied",
          .message = std::format("User: {} is not authorized to perform: iam:{}; weft has no "
                                 "policies to simulate",
                                 arn_of_session(caller), operation),
          .more = {}};
}

json::object who_calls(const AwsCaller& caller) {
  const std::string& name = caller.principal.name;
  return {{"UserId", std::format("{}:{}", role_id(caller, kRole), name)},
          {"Account", caller.account},
          {"Arn", arn_of_session(caller)}};
}

json::object role_of(const AwsCaller& caller, std::string_view name) {
  json::object role{
      {"Path", "/"},
      {"RoleName", name},
      {"RoleId", role_id(caller, name)},
      {"Arn", std::format("arn:aws:iam::{}:role/{}", caller.account, name)},
      {"CreateDate", 0},
      {"AssumeRolePolicyDocument", percent_encode(kTrust)},
      {"MaxSessionDuration", kSessionSeconds},
  };
  return {{"Role", std::move(role)}};
}

Awaitable<AwsResult> call_tokens(AwsCaller caller, std::string operation, json::object input) {
  (void)input;
  if (operation == "GetCallerIdentity") co_return who_calls(caller);
  co_return std::unexpected(
      refused("sts", operation,
              "it has no roles and no sessions: sign with a key of your own, which `weft key new "
              "NAME` makes"));
}

Awaitable<AwsResult> call_identities(AwsCaller caller, std::string operation, json::object input) {
  if (operation == "GetRole") co_return role_of(caller, json::string_at(input, "RoleName"));
  // The SDK asks what a role may do before it goes on, and goes on when it may not ask.
  if (operation == "SimulatePrincipalPolicy") co_return std::unexpected(may_not(caller, operation));
  co_return std::unexpected(
      refused("iam", operation,
              "it has no users, roles and policies: `weft key new NAME` makes a key, and `--for "
              "SOLUTION` says what it may call"));
}

}  // namespace

AwsService security_tokens() {
  return {.signing_name = "sts",
          .target = "AWSSecurityTokenServiceV20110615",
          .query_version = "2011-06-15",
          .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
          .shapes = &sts_shapes(),
          .call = call_tokens};
}

AwsService identities() {
  return {.signing_name = "iam",
          .target = "AWSIdentityManagementV20100508",
          .query_version = "2010-05-08",
          .xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/",
          .shapes = &iam_shapes(),
          .call = call_identities};
}

}  // namespace weft::adapters::sagemaker
