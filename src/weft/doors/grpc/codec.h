// The messages of the gRPC form of the Open Inference Protocol as those of its HTTP form. Owned by
// doors/grpc; pure.
#pragma once

#include <string_view>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/wire/oip.h"

namespace inference {
class ModelInferRequest;
class ModelInferResponse;
class ModelMetadataResponse;
class RepositoryIndexResponse;
class ServerMetadataResponse;
}  // namespace inference

namespace weft::doors {

/// Tensors by `raw_input_contents` (all of them or none) or by `contents`. Errors:
/// Reason::invalid_argument, naming the tensor: a type that is none, as many values or bytes as its
/// shape does not say, both forms at once.
Result<wire::OipRequest> request_of(const inference::ModelInferRequest& message);
/// Tensors raw, as Triton answers.
inference::ModelInferResponse response_of(wire::OipResponse response);

/// Of the JSON that `/v2`, `/v2/models/NAME` and `/v2/repository/index` answer with.
inference::ServerMetadataResponse server_metadata_of(const json::object& answer);
inference::ModelMetadataResponse model_metadata_of(const json::object& answer);
inference::RepositoryIndexResponse repository_index_of(const json::value& answer);

/// The way out: what the hub asks of a server that is reached by gRPC. Tensors raw.
inference::ModelInferRequest message_of(wire::OipRequest request, std::string_view model,
                                        std::string_view version);
/// By either form. Errors: Reason::upstream_protocol, naming the output.
Result<wire::OipResponse> answer_of(inference::ModelInferResponse message);
/// As `/v2`, `/v2/models/NAME` and `/v2/repository/index` have them.
json::object json_of(const inference::ServerMetadataResponse& message);
json::object json_of(const inference::ModelMetadataResponse& message);
json::array json_of(const inference::RepositoryIndexResponse& message);

}  // namespace weft::doors
