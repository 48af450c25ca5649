// The first line is a pattern, the rest a text: compiling and searching end.
#include "weft/base/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const auto pattern = Pattern::create(text.substr(0, line));
  if (!pattern) return 0;
  const auto rest = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  (void)pattern->found_in(rest);
  WEFT_ASSERT(code_points(rest) <= rest.size());
  return 0;
}
