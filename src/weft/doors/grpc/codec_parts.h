// What requests and answers of the gRPC form have in common: parameters, and tensors by `contents`.
// Owned by doors/grpc; pure.
#pragma once

#include <format>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/doors/grpc/inference.pb.h"
#include "weft/wire/oip.h"

namespace weft::doors {

using Parameters = google::protobuf::Map<std::string, inference::InferParameter>;

json::object parameters_of(const Parameters& parameters);
/// What is neither truth, number nor text goes as JSON.
void set_parameters(Parameters& out, const json::object& parameters);

/// The protocol's table of which field holds which type; false when a value does not fit, and for
/// FP16 and BF16, which have none.
bool append_contents(std::string& out, wire::TensorType type,
                     const inference::InferTensorContents& contents);

/// A tensor of a request or an answer; `raw` is its bytes where they stand beside it. `what` names
/// it in a message: "input". Errors: Reason::invalid_argument, naming the tensor.
template <class Message>
Result<wire::OipTensor> tensor_of(const Message& message, std::optional<std::string> raw,
                                  std::string_view what) {
  wire::OipTensor out;
  out.name = message.name();
  const auto type = wire::tensor_type_from(message.datatype());
  if (!type) {
    return fail(Reason::invalid_argument,
                std::format("the {} `{}` has the datatype `{}`, which is none of the protocol's",
                            what, out.name, message.datatype()));
  }
  out.type = *type;
  out.shape.assign(message.shape().begin(), message.shape().end());
  out.parameters = parameters_of(message.parameters());
  if (raw) {
    out.bytes = *std::move(raw);
  } else if (!append_contents(out.bytes, out.type, message.contents())) {
    return fail(Reason::invalid_argument,
                std::format("the {0} `{1}` of {2} has contents that do not fit it; FP16 and BF16 "
                            "go by raw_{0}_contents alone",
                            what, out.name, message.datatype()));
  }
  WEFT_CHECK(wire::check_tensor(out));
  return out;
}

}  // namespace weft::doors
