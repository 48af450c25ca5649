#include <cstdlib>

#include "weft/wire/inflate.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::size_t kMax = 1'000'000;
  const auto out = weft::wire::inflate({reinterpret_cast<const char*>(data), size}, kMax);
  if (out && out->size() > kMax) std::abort();
  return 0;
}
