// Any bytes: what is read as a row can be written and is read back.
#include <bit>
#include <cstdint>

#include "weft/wire/aialgs_record.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto record = read_aialgs_record({reinterpret_cast<const char*>(data), size});
  if (!record || !record->features) return 0;
  const RecordTensor& features = *record->features;
  const auto again = read_aialgs_record(write_aialgs_record(features, std::nullopt));
  if (!again || !again->features || again->features->keys != features.keys ||
      again->features->shape != features.shape ||
      again->features->values.size() != features.values.size()) {
    __builtin_trap();
  }
  for (std::size_t i = 0; i < features.values.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(features.values[i]) !=
        std::bit_cast<std::uint32_t>(again->features->values[i])) {
      __builtin_trap();
    }
  }
  return 0;
}

}  // namespace weft::wire
