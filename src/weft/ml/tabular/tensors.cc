#include "weft/ml/tabular/tensors.h"

#include <algorithm>
#include <cstring>
#include <format>

namespace weft::ml {
namespace {

constexpr std::string_view kPredictions = "predictions";

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(Reason::invalid_argument, std::format("tensor `{}`: {}", name, what));
}

template <class T>
void append_as_floats(std::vector<float>& out, std::string_view bytes) {
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    out.push_back(static_cast<float>(value));
  }
}

Result<std::vector<float>> floats_of(const wire::OipTensor& tensor) {
  using wire::TensorType;
  std::vector<float> out;
  switch (tensor.type) {
    case TensorType::boolean:
    case TensorType::uint8: append_as_floats<std::uint8_t>(out, tensor.bytes); break;
    case TensorType::uint16: append_as_floats<std::uint16_t>(out, tensor.bytes); break;
    case TensorType::uint32: append_as_floats<std::uint32_t>(out, tensor.bytes); break;
    case TensorType::uint64: append_as_floats<std::uint64_t>(out, tensor.bytes); break;
    case TensorType::int8: append_as_floats<std::int8_t>(out, tensor.bytes); break;
    case TensorType::int16: append_as_floats<std::int16_t>(out, tensor.bytes); break;
    case TensorType::int32: append_as_floats<std::int32_t>(out, tensor.bytes); break;
    case TensorType::int64: append_as_floats<std::int64_t>(out, tensor.bytes); break;
    case TensorType::fp32: append_as_floats<float>(out, tensor.bytes); break;
    case TensorType::fp64: append_as_floats<double>(out, tensor.bytes); break;
    case TensorType::fp16:
    case TensorType::bf16:
    case TensorType::bytes:
      return wrong(tensor.name, std::format("{} is no number this model takes; send FP32",
                                            wire::to_string(tensor.type)));
  }
  return out;
}

/// All columns in one tensor.
Result<Rows> table_of(const wire::OipTensor& tensor) {
  const bool one_row = tensor.shape.size() == 1;
  if (!one_row && tensor.shape.size() != 2)
    return wrong(tensor.name, "a table has the shape [rows, columns]");
  Rows out;
  out.columns = static_cast<std::uint64_t>(tensor.shape.back());
  if (out.columns == 0) return wrong(tensor.name, "a row without columns");
  WEFT_TRY(out.values, floats_of(tensor));
  return out;
}

/// A tensor for each column, by the features' names.
Result<Rows> columns_of(const wire::OipRequest& request, std::span<const std::string> names) {
  Rows out;
  out.columns = names.size();
  std::size_t rows = 0;
  for (std::size_t column = 0; column < names.size(); ++column) {
    const auto at = std::ranges::find(request.inputs, names[column], &wire::OipTensor::name);
    if (at == request.inputs.end()) {
      return fail(Reason::invalid_argument,
                  std::format("there is no tensor for the feature `{}`", names[column]));
    }
    WEFT_TRY(const std::vector<float> values, floats_of(*at));
    if (column == 0) {
      rows = values.size();
      out.values.resize(rows * names.size());
    }
    if (values.size() != rows)
      return wrong(at->name, std::format("{} rows; the first feature has {}", values.size(), rows));
    for (std::size_t row = 0; row < rows; ++row)
      out.values[row * names.size() + column] = values[row];
  }
  if (request.inputs.size() > names.size()) {
    return fail(Reason::invalid_argument,
                std::format("{} tensors for {} features", request.inputs.size(), names.size()));
  }
  return out;
}

}  // namespace

Result<Rows> rows_of(const wire::OipRequest& request, std::span<const std::string> names) {
  if (request.inputs.size() == 1 && request.inputs[0].shape.size() <= 2 &&
      (names.size() != 1 || request.inputs[0].shape.size() == 2))
    return table_of(request.inputs[0]);
  if (names.empty()) {
    return fail(Reason::invalid_argument,
                std::format("{} tensors; this model takes one of the shape [rows, columns]",
                            request.inputs.size()));
  }
  return columns_of(request, names);
}

json::object predictions_port(std::size_t width) {
  json::array shape{-1};
  if (width > 1) shape.emplace_back(width);
  return {{"name", kPredictions}, {"datatype", "FP32"}, {"shape", std::move(shape)}};
}

wire::OipTensor tensor_of(Scores scores) {
  wire::OipTensor out;
  out.name = kPredictions;
  out.shape = {
      static_cast<std::int64_t>(scores.values.size() / std::max<std::size_t>(scores.width, 1))};
  if (scores.width > 1) out.shape.push_back(static_cast<std::int64_t>(scores.width));
  out.bytes.assign(reinterpret_cast<const char*>(scores.values.data()),
                   scores.values.size() * sizeof(float));
  return out;
}

}  // namespace weft::ml
