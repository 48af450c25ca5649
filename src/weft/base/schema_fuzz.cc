// A schema and an instance as the two members of an array: compiling and checking end, and agree
// with themselves.
#include "weft/base/schema.h"

namespace weft {
namespace {

int fuzz(std::string_view text) {
  const auto parsed = json::parse(text, 64 * 1024);
  if (!parsed) return 0;
  const auto* pair = parsed->if_array();
  const json::value& source = pair && !pair->empty() ? (*pair)[0] : *parsed;
  const json::value& instance = pair && pair->size() > 1 ? (*pair)[1] : *parsed;
  const auto schema = Schema::create(source);
  if (!schema) {
    WEFT_ASSERT(!schema.error().message.empty());
    return 0;
  }
  const auto fault = schema->check(instance);
  WEFT_ASSERT(!fault || !fault->message.empty());
  WEFT_ASSERT(!fault || json::at_pointer(instance, fault->path) != nullptr);
  WEFT_ASSERT(schema->require(instance).has_value() == !fault.has_value());
  return 0;
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::fuzz({reinterpret_cast<const char*>(data), size});
}
