// The first line is a pattern, the rest a text: compiling and searching end.
#include "weft/base/pattern.h"

namespace weft {
namespace {

int fuzz(std::string_view text) {
  const auto line = text.find('\n');
  const auto pattern = Pattern::create(text.substr(0, line));
  if (!pattern) return 0;
  const auto rest = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  (void)pattern->found_in(rest);
  WEFT_ASSERT(code_points(rest) <= rest.size());
  return 0;
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::fuzz({reinterpret_cast<const char*>(data), size});
}
