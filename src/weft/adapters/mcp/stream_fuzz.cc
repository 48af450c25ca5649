// An SSE answer cut into pieces anywhere: the gate lets the same bytes through, in whole events,
// whatever the cuts.
#include "weft/adapters/mcp/passage.h"

namespace weft::adapters::mcp {

static void fuzz(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return;
  const std::size_t step = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  EventGate cut;
  std::string got;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto piece = cut.pass(bytes.substr(at, step));
    if (!piece) return;
    got += *piece;
  }
  WEFT_ASSERT(bytes.starts_with(got));
  (void)cut.answered();
  EventGate whole;
  auto all = whole.pass(bytes);
  if (!all) return;
  WEFT_ASSERT(bytes.starts_with(*all));
  WEFT_ASSERT(whole.answered() == cut.answered());
}

}  // namespace weft::adapters::mcp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::mcp::fuzz(data, size);
  return 0;
}
