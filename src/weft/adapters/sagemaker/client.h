// The solution side: an endpoint of SageMaker's runtime elsewhere (AWS's, or another weft's) as a
// solution with the skill `invoke`. Owned by the hub's registry; any thread, streams on their own
// loops.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weft/adapters/common/adapter.h"
#include "weft/hub/producer.h"
#include "weft/wire/aws_signature.h"

namespace weft::adapters::sagemaker {

/// Headers of a solution that are credentials: they sign and are never sent. Where they are not
/// given the usual variables are looked up (AWS_ACCESS_KEY_ID …).
inline constexpr std::string_view kAccessKeyHeader = "aws-access-key-id";
inline constexpr std::string_view kSecretHeader = "aws-secret-access-key";
inline constexpr std::string_view kTokenHeader = "aws-session-token";
inline constexpr std::string_view kRegionHeader = "aws-region";

class SageMakerService final : public hub::ProducingService {
 public:
  struct Parts {
    net::HttpClients& clients;
    const Clock& clock;
    hub::JoinRequest request;
    /// `…/endpoints/NAME/invocations`.
    Url url;
  };
  explicit SageMakerService(Parts parts);

  static model::Solution describe(const Url& url);

 private:
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override;
  Result<net::ClientRequest> request_for(const model::Call& call, bool stream,
                                         const hub::CallContext& context) const;
  Awaitable<Result<model::Output>> read_stream(net::ClientResponse& response, hub::Emitter& out);

  net::HttpClients& clients_;
  const Clock& clock_;
  hub::JoinRequest request_;
  Url url_;
};

/// Takes a URL `…/endpoints/NAME/invocations` at its word: asking costs money, and the models of an
/// endpoint would answer.
std::unique_ptr<hub::Protocol> make_protocol(Environment& environment);

}  // namespace weft::adapters::sagemaker
