// The forms in which AWS's services are called and answer: awsJson, query and rpc-v2-cbor (Smithy's
// names), and restJson for errors alone. Owned by adapters/sagemaker; pure but for writing the
// answer.
#pragma once

#include <string>
#include <string_view>

#include "weft/adapters/sagemaker/aws/door.h"
#include "weft/adapters/sagemaker/aws/service.h"
#include "weft/adapters/sagemaker/aws/shapes.h"
#include "weft/net/http_server.h"

namespace weft::adapters::sagemaker {

enum class WireForm : std::uint8_t { json, query, cbor, rest };

/// What a request says of its form: the path of rpc-v2-cbor, X-Amz-Target, else a query.
WireForm form_of(const wire::RequestHead& head);

/// Which operation is answered, as far as it is known.
struct Asked {
  WireForm form = WireForm::json;
  const AwsService* service = nullptr;
  std::string operation;
  const ShapedOperation* shaped = nullptr;
  std::string request_id;
};

/// Answers in the form that was asked in.
void answer(net::Exchange& exchange, const Asked& asked, const AwsResult& result);
/// A refusal in the words of a form: `SignatureDoesNotMatch` of a query is an
/// `InvalidSignatureException` of JSON.
AwsError to_aws(const Refusal& refusal, WireForm form);

/// `0a1b2c3d-…`, for x-amzn-RequestId.
std::string make_aws_request_id(Random& random);

}  // namespace weft::adapters::sagemaker
