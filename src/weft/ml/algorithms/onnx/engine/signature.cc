#include "weft/ml/algorithms/onnx/engine/signature.h"

#include <algorithm>
#include <format>

namespace weft::ml::onnx {
namespace {

wire::TensorSpec spec_of(const Port& port) {
  return {.name = port.name, .type = port.type, .shape = port.shape};
}

/// How many columns of a table make a row of the input; nothing when no number does.
std::optional<std::uint64_t> columns_of(const Port& port) {
  if (port.type == wire::TensorType::bytes || port.shape.empty()) return std::nullopt;
  std::uint64_t out = 1;
  for (std::size_t i = 1; i < port.shape.size(); ++i) {
    if (port.shape[i] <= 0) return std::nullopt;
    out *= static_cast<std::uint64_t>(port.shape[i]);
  }
  return out;
}

std::optional<TablePlan> table_of(const std::vector<Port>& inputs) {
  TablePlan out;
  if (inputs.size() == 1 && inputs[0].shape.size() == 2 && inputs[0].shape[1] < 0 &&
      inputs[0].type != wire::TensorType::bytes) {
    out.columns = {0};
    return out;
  }
  for (const Port& port : inputs) {
    const auto columns = columns_of(port);
    if (!columns) return std::nullopt;
    out.columns.push_back(*columns);
    out.total += *columns;
  }
  return out.columns.empty() ? std::nullopt : std::optional(std::move(out));
}

}  // namespace

Ports ports_of(const Session& session) {
  Ports out{.inputs = session.inputs(),
            .outputs = session.outputs(),
            .signature = {},
            .table = table_of(session.inputs())};
  for (const Port& port : out.inputs) out.signature.inputs.push_back(spec_of(port));
  for (const Port& port : out.outputs) out.signature.outputs.push_back(spec_of(port));
  return out;
}

std::string shown(std::span<const std::int64_t> shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    out += std::format("{}{}", i == 0 ? "" : ", ", shape[i]);
  return out + "]";
}

std::string shown(const Port& port) {
  return std::format("{} {}", wire::to_string(port.type), shown(port.shape));
}

Result<void> check_input(const Port& port, const wire::OipTensor& tensor) {
  const auto wrong = [&](std::string_view what) {
    return fail(Reason::invalid_argument,
                std::format("tensor `{}`: {}; the model takes {}", port.name, what, shown(port)));
  };
  if (tensor.type != port.type) return wrong(std::format("it is {}", wire::to_string(tensor.type)));
  const auto fits = [](std::int64_t wanted, std::int64_t given) {
    return wanted < 0 || wanted == given;
  };
  const bool same = tensor.shape.size() == port.shape.size() &&
                    std::ranges::equal(port.shape, tensor.shape, fits);
  return same ? Result<void>() : wrong(std::format("its shape is {}", shown(tensor.shape)));
}

}  // namespace weft::ml::onnx
