// One request to an AWS service, in whatever form it came: whose it is, who sends it, what it
// holds, and the answer. Owned by the routes of the adapter; any loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/sagemaker/aws/answer.h"

namespace weft::adapters::sagemaker {

class AwsDispatch {
 public:
  AwsDispatch(Environment& environment, std::shared_ptr<AwsDoor> door,
              std::vector<AwsService> services);

  /// Whether a request is for an AWS service at all: it has a target, the path of rpc-v2-cbor, a
  /// form with an `Action`, or a signature.
  static bool matches(const net::Exchange& exchange);
  Awaitable<> handle(Request& request) const;
  /// What the front door found wrong, in the request's form.
  void refuse(net::Exchange& exchange, const Error& error) const;

 private:
  std::expected<void, AwsError> name_by_head(const wire::RequestHead& head, Asked& asked) const;
  std::expected<void, AwsError> name_by_form(std::string_view form, const Entrance& entrance,
                                             Asked& asked) const;
  /// `what`: the target's service and operation, or method and path.
  std::unexpected<AwsError> of_no_service(const std::string& what) const;
  const AwsService* service_of_form(std::string_view version, const Entrance& entrance) const;
  /// The service of forms that the signature names; null: none of them, or there is none.
  const AwsService* signed_for(const net::Exchange& exchange) const;
  Awaitable<AwsResult> run(net::Exchange& exchange, Asked& asked) const;

  Environment& environment_;
  std::shared_ptr<AwsDoor> door_;
  std::vector<AwsService> services_;
};

/// The SHA-256 that a buffered body has to be signed with: its own, unless the caller said that it
/// signs none.
std::string payload_digest_of(const Entrance& entrance, std::string_view body);

}  // namespace weft::adapters::sagemaker
