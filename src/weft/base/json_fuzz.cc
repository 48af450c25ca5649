// Any bytes: what json::parse takes comes back the same from its own text.
#include "weft/base/json.h"
#include "weft/base/json_compare.h"
#include "weft/base/limits.h"

namespace weft {
namespace {

int fuzz(std::string_view text) {
  const auto parsed = json::parse(text, 64 * 1024);
  if (!parsed) {
    WEFT_ASSERT(!parsed.error().message.empty());
    return 0;
  }
  const auto again = json::parse(json::write(*parsed), kJsonBytesMax);
  WEFT_ASSERT(again && json::equal(*again, *parsed));
  WEFT_ASSERT(json::hash_of(*again) == json::hash_of(*parsed));
  WEFT_ASSERT(
      json::equal(json::parse(json::write_pretty(*parsed), kJsonBytesMax).value(), *parsed));
  json::at_pointer(*parsed, text.substr(0, 64));
  return 0;
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::fuzz({reinterpret_cast<const char*>(data), size});
}
