// Any JSON as a signature and as its arguments: tensors that fit their shapes, and what is written
// of them is read back.
#include <cstdint>

#include "weft/wire/tensor_json.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = text.find('\n');
  const auto about = json::parse_object(text.substr(0, cut), "the signature");
  const auto args = json::parse(cut == text.npos ? "{}" : text.substr(cut + 1));
  if (!about || !args) return 0;
  const auto signature = read_signature(*about);
  if (!signature) return 0;
  (void)json::write(input_schema_of(*signature));
  (void)json::write(output_schema_of(signature->outputs));
  const auto tensors = tensors_of_json(*signature, *args);
  if (!tensors) return 0;
  Signature same;
  for (const OipTensor& tensor : *tensors) {
    if (!check_tensor(tensor)) __builtin_trap();
    same.inputs.push_back({.name = tensor.name,
                           .type = tensor.type,
                           .shape = std::vector<std::int64_t>(tensor.shape.size(), -1)});
  }
  const json::value written(json_of_tensors(*tensors));
  const auto again = tensors_of_json(same, written);
  if (!again || again->size() != tensors->size()) __builtin_trap();
  return 0;
}

}  // namespace weft::wire
