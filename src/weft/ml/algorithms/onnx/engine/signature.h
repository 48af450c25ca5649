// What a model takes and gives, as requests and answers need it. Owned by the worker; constant.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weft/ml/algorithms/onnx/engine/library.h"
#include "weft/wire/tensor_json.h"

namespace weft::ml::onnx {

/// How the columns of a table are dealt out to the inputs.
struct TablePlan {
  /// Of each input, in their order; 0: all there are (of an only input, whose second dimension is
  /// of any size).
  std::vector<std::uint64_t> columns;
  /// Of a row; 0: any.
  std::uint64_t total = 0;
};

struct Ports {
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  /// The same for JSON (wire/tensor_json.h).
  wire::Signature signature;
  /// Nothing: its inputs are no table of numbers.
  std::optional<TablePlan> table;
};

Ports ports_of(const Session& session);

/// `FP32 [-1, 20]`.
std::string shown(const Port& port);
/// `[1, 20]`.
std::string shown(std::span<const std::int64_t> shape);

/// Errors: Reason::invalid_argument: another type, or a shape that does not fit.
Result<void> check_input(const Port& port, const wire::OipTensor& tensor);

}  // namespace weft::ml::onnx
