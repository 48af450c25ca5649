// Any request in any of the forms to a model of three inputs: tensors that fit them, or an error.
#include <array>
#include <cstdint>

#include "weft/ml/algorithms/onnx/engine/requests.h"

namespace weft::ml::onnx {
namespace {

Ports ports() {
  Ports out;
  out.inputs = {{.name = "a", .type = wire::TensorType::fp32, .shape = {-1, 2}},
                {.name = "b", .type = wire::TensorType::int8, .shape = {-1, 1}},
                {.name = "c", .type = wire::TensorType::boolean, .shape = {-1}}};
  out.outputs = {{.name = "y", .type = wire::TensorType::fp32, .shape = {-1, 1}}};
  for (const Port& port : out.inputs)
    out.signature.inputs.push_back({.name = port.name, .type = port.type, .shape = port.shape});
  out.table = TablePlan{.columns = {2, 1, 1}, .total = 4};
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::array<std::string_view, 5> kTypes = {"text/csv", "application/json",
                                                             "application/jsonlines", "text/libsvm",
                                                             "application/x-recordio-protobuf"};
  static const Ports kPorts = ports();
  if (size == 0) return 0;
  const auto asked =
      read_request(kPorts, {.tensors = (data[0] & 1) != 0,
                            .type = kTypes[(data[0] >> 1) % kTypes.size()],
                            .accept = "",
                            .attributes = "",
                            .body = {reinterpret_cast<const char*>(data) + 1, size - 1}});
  if (!asked) return 0;
  WEFT_ASSERT(asked->request.inputs.size() == kPorts.inputs.size());
  for (const wire::OipTensor& tensor : asked->request.inputs)
    WEFT_ASSERT(wire::check_tensor(tensor).has_value());
  return 0;
}

}  // namespace weft::ml::onnx
