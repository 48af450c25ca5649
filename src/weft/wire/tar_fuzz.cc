// Any block: an entry, an end or an error; what this wrote is read back.
#include <cstdint>

#include "weft/wire/tar.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kTarBlockBytes) return 0;
  const auto entry = read_tar_block({reinterpret_cast<const char*>(data), kTarBlockBytes});
  if (!entry || !*entry || !(*entry)->regular) return 0;
  const auto written = tar_block((*entry)->name, (*entry)->bytes);
  if (!written) return 0;
  const auto again = read_tar_block(*written);
  WEFT_ASSERT(again && *again && (*again)->name == (*entry)->name &&
              (*again)->bytes == (*entry)->bytes);
  return 0;
}

}  // namespace weft::wire
