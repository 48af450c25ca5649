// Whatever stands in a configuration: an answer, never a crash; and every fault can be drawn.
#include "weft/app/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto reading = weft::app::read_config(text, "weft.yaml");
  for (const auto& fault : reading.faults) (void)weft::app::render(fault, text);
  return 0;
}
