// Requests to a model in any of the forms there are, as tensors in the model's order. Owned by the
// worker; pure.
#pragma once

#include <string>
#include <vector>

#include "weft/ml/algorithms/onnx/engine/signature.h"
#include "weft/ml/worker/serve.h"

namespace weft::ml::onnx {

/// What the answer is a counterpart of.
enum class Form : std::uint8_t {
  tensors,    ///< an Open Inference Protocol request
  csv,        ///< text/csv and the other forms of tables
  lines,      ///< application/jsonlines
  instances,  ///< `{"instances": [row, …]}` or rows alone
  columns,    ///< `{"inputs": …}`: tensors by their names, or the only one
};

struct Asked {
  Form form = Form::tensors;
  /// With the tensors in the order of the model's inputs.
  wire::OipRequest request;
  /// The numbers of the outputs that are wanted.
  std::vector<std::size_t> outputs;
};

/// Errors: Reason::content_type for what cannot be read as its type; Reason::invalid_argument for
/// what the model does not take, with what it takes.
Result<Asked> read_request(const Ports& ports, const worker::Request& request);

}  // namespace weft::ml::onnx
