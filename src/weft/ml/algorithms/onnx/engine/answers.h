// A model's outputs in the form in which they were asked for. Owned by the worker; pure.
#pragma once

#include <span>
#include <string_view>

#include "weft/ml/algorithms/onnx/engine/requests.h"

namespace weft::ml::onnx {

/// `values` are the outputs that `asked` wants, in its order. `accept` names the type; empty or
/// `*/*`: the request's own. Errors: Reason::unsupported (406) for a type that is none of text/csv,
/// application/json and application/jsonlines, or that these outputs have no form in.
Result<void> write_answer(const Ports& ports, const Asked& asked,
                          std::span<const TensorView> values, std::string_view accept,
                          worker::Reply& reply);

}  // namespace weft::ml::onnx
