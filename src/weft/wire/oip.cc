#include "weft/wire/oip.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <format>

#include "weft/wire/limits.h"

namespace weft::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

struct TypeRow {
  TensorType type;
  std::string_view word;
  std::size_t bytes;
};
constexpr std::array kTypes = {
    TypeRow{TensorType::boolean, "BOOL", 1},  TypeRow{TensorType::uint8, "UINT8", 1},
    TypeRow{TensorType::uint16, "UINT16", 2}, TypeRow{TensorType::uint32, "UINT32", 4},
    TypeRow{TensorType::uint64, "UINT64", 8}, TypeRow{TensorType::int8, "INT8", 1},
    TypeRow{TensorType::int16, "INT16", 2},   TypeRow{TensorType::int32, "INT32", 4},
    TypeRow{TensorType::int64, "INT64", 8},   TypeRow{TensorType::fp16, "FP16", 2},
    TypeRow{TensorType::bf16, "BF16", 2},     TypeRow{TensorType::fp32, "FP32", 4},
    TypeRow{TensorType::fp64, "FP64", 8},     TypeRow{TensorType::bytes, "BYTES", 0}};

const TypeRow& row_of(TensorType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::unexpected<Error> wrong_tensor(std::string_view name, std::string_view what) {
  return fail(Reason::invalid_argument, std::format("tensor `{}`: {}", name, what));
}

}  // namespace

std::string_view to_string(TensorType type) { return row_of(type).word; }

std::optional<TensorType> tensor_type_from(std::string_view word) {
  const auto at = std::ranges::find(kTypes, word, &TypeRow::word);
  return at == kTypes.end() ? std::nullopt : std::optional(at->type);
}

std::size_t element_bytes(TensorType type) { return row_of(type).bytes; }

std::optional<std::uint64_t> elements_of(const std::vector<std::int64_t>& shape) {
  std::uint64_t out = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size != 0 && out > kTensorElementsMax / static_cast<std::uint64_t>(size))
      return std::nullopt;
    out *= static_cast<std::uint64_t>(size);
  }
  return out;
}

Result<void> check_tensor(const OipTensor& tensor) {
  const auto count = elements_of(tensor.shape);
  if (!count) return wrong_tensor(tensor.name, "its shape cannot be");
  if (tensor.type != TensorType::bytes) {
    const std::uint64_t wanted = *count * element_bytes(tensor.type);
    if (tensor.bytes.size() == wanted) return {};
    return wrong_tensor(tensor.name, std::format("it has {} bytes, its type and shape need {}",
                                                 tensor.bytes.size(), wanted));
  }
  std::string_view rest = tensor.bytes;
  std::uint64_t elements = 0;
  while (!rest.empty()) {
    std::uint32_t size = 0;
    if (rest.size() < 4) return wrong_tensor(tensor.name, "an element of it is cut off");
    std::memcpy(&size, rest.data(), 4);
    rest.remove_prefix(4);
    if (size > rest.size()) return wrong_tensor(tensor.name, "an element of it is cut off");
    rest.remove_prefix(size);
    ++elements;
  }
  if (elements == *count) return {};
  return wrong_tensor(tensor.name,
                      std::format("it has {} elements, its shape {}", elements, *count));
}

std::optional<std::size_t> oip_json_bytes(std::string_view text) {
  std::size_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  return out;
}

}  // namespace weft::wire
