#include "weft/ml/algorithms/onnx/engine/trial.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>

#include "weft/wire/half_float.h"

namespace weft::ml::onnx {
namespace {

using wire::TensorType;

/// Sizes to try where the model names none: of a sequence, and of a picture.
constexpr std::int64_t kSizes[] = {8, 1, 224};
constexpr std::uint64_t kElementsMax = 64 * 1024 * 1024;
/// One run differs from another by the order in which it adds up.
constexpr double kTolerance = 1e-3;

struct Tensor {
  TensorType type = TensorType::fp32;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

/// Numbers of which no two in a row are alike: fractions for floats, 0 and 1 for the rest (which
/// are in range wherever they are places in a list).
void append_value(std::string& out, TensorType type, std::uint64_t number) {
  const auto mixed = static_cast<std::uint32_t>((number + 1) * 2'654'435'761U);
  const float fraction = static_cast<float>(mixed >> 8) / 16'777'216.0F - 0.5F;
  const auto bit = static_cast<std::uint8_t>(mixed >> 31);
  switch (type) {
    case TensorType::fp32: return append(out, fraction);
    case TensorType::fp64: return append(out, static_cast<double>(fraction));
    case TensorType::fp16: return append(out, wire::fp16_of_float(fraction));
    case TensorType::bf16: return append(out, wire::bf16_of_float(fraction));
    case TensorType::bytes:
      append(out, std::uint32_t{1});
      out += bit != 0 ? 'a' : 'b';
      return;
    default: break;
  }
  out += static_cast<char>(bit);
  out.append(wire::element_bytes(type) - 1, '\0');
}

void append_zero(std::string& out, TensorType type) {
  out.append(type == TensorType::bytes ? 4 : wire::element_bytes(type), '\0');
}

/// `rows` rows from the row `begin` on; nothing when they would be too many numbers.
std::optional<Tensor> made(const Port& port, std::int64_t begin, std::int64_t rows,
                           std::int64_t size, bool zeros) {
  Tensor out{.type = port.type, .shape = port.shape, .bytes = {}};
  for (std::size_t i = 0; i < out.shape.size(); ++i) {
    if (out.shape[i] < 0) out.shape[i] = i == 0 ? rows : size;
  }
  const auto count = wire::elements_of(out.shape);
  if (!count || *count > kElementsMax) return std::nullopt;
  const std::uint64_t a_row = out.shape.empty() || out.shape[0] == 0
                                  ? 1
                                  : *count / static_cast<std::uint64_t>(out.shape[0]);
  for (std::uint64_t i = 0; i < *count; ++i) {
    if (zeros) {
      append_zero(out.bytes, out.type);
    } else {
      append_value(out.bytes, out.type, static_cast<std::uint64_t>(begin) * a_row + i);
    }
  }
  return out;
}

/// All outputs, as copies; nothing when the model does not take it.
std::optional<std::vector<Tensor>> tried(Session& session, std::int64_t begin, std::int64_t rows,
                                         std::int64_t size, bool zeros = false) {
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (const Port& port : session.inputs()) {
    auto input = made(port, begin, rows, size, zeros);
    if (!input) return std::nullopt;
    inputs.push_back(*std::move(input));
  }
  views.reserve(inputs.size());
  for (const Tensor& each : inputs)
    views.push_back({.type = each.type, .shape = each.shape, .bytes = each.bytes});
  std::vector<std::size_t> all(session.outputs().size());
  std::ranges::iota(all, std::size_t{0});
  const auto ran = session.run(views, all);
  if (!ran) return std::nullopt;
  std::vector<Tensor> out;
  for (const TensorView& each : *ran) {
    out.push_back({.type = each.type,
                   .shape = {each.shape.begin(), each.shape.end()},
                   .bytes = std::string(each.bytes)});
  }
  return out;
}

template <class T>
bool close(std::string_view a, std::string_view b) {
  for (std::size_t at = 0; at + sizeof(T) <= a.size(); at += sizeof(T)) {
    T x{};
    T y{};
    std::memcpy(&x, a.data() + at, sizeof(T));
    std::memcpy(&y, b.data() + at, sizeof(T));
    if (std::isnan(x) && std::isnan(y)) continue;
    if (!(std::abs(x - y) <= kTolerance * (1 + std::abs(x)))) return false;
  }
  return true;
}

/// Whether `together` is `first` and then `second`.
bool is_joined(const Tensor& together, const Tensor& first, const Tensor& second) {
  const auto rows = [](const Tensor& tensor) { return tensor.shape.empty() ? 0 : tensor.shape[0]; };
  if (rows(first) != 1 || rows(second) != 2 || rows(together) != 3) return false;
  const std::string apart = first.bytes + second.bytes;
  if (apart.size() != together.bytes.size()) return false;
  if (together.type == TensorType::fp32) return close<float>(together.bytes, apart);
  if (together.type == TensorType::fp64) return close<double>(together.bytes, apart);
  return together.bytes == apart;
}

}  // namespace

bool warm_up(Session& session) {
  return std::ranges::any_of(kSizes, [&](std::int64_t size) {
    return tried(session, 0, 1, size, /*zeros=*/true).has_value();
  });
}

bool rows_stand_alone(Session& session) {
  const auto any_rows = [](const Port& port) { return !port.shape.empty() && port.shape[0] < 0; };
  if (!std::ranges::all_of(session.inputs(), any_rows) ||
      !std::ranges::all_of(session.outputs(), any_rows))
    return false;
  for (const std::int64_t size : kSizes) {
    const auto first = tried(session, 0, 1, size);
    if (!first) continue;
    const auto second = tried(session, 1, 2, size);
    const auto together = tried(session, 0, 3, size);
    if (!second || !together) return false;
    for (std::size_t i = 0; i < first->size(); ++i) {
      if (!is_joined((*together)[i], (*first)[i], (*second)[i])) return false;
    }
    return true;
  }
  return false;
}

}  // namespace weft::ml::onnx
