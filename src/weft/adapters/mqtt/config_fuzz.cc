// Whatever stands in a configuration: an answer with a place, never a crash; and what is read can
// be filled with whatever arguments.
#include <cstdint>

#include "weft/adapters/mqtt/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  const auto parsed = json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!parsed || !parsed->is_object()) return 0;
  const auto config = adapters::mqtt::read_config(parsed->get_object(), "weft-1");
  if (!config) {
    WEFT_ASSERT(config.error().message.starts_with("mqtt"));
    return 0;
  }
  for (const auto& skill : config->skills) (void)skill.topic.fill(*parsed);
  return 0;
}
