// Any bytes: the same events however they are cut, and what is written is read back.
#include <cstdint>
#include <vector>

#include "weft/wire/sse.h"

namespace weft::wire {
namespace {

bool read(std::string_view bytes, std::size_t piece, std::vector<SseEvent>& events) {
  SseReader reader(512);
  bool fine = true;
  while (fine && !bytes.empty()) {
    const std::string_view now = bytes.substr(0, piece);
    bytes.remove_prefix(now.size());
    fine = reader.feed(now).has_value();
    while (auto event = reader.next()) events.push_back(std::move(*event));
  }
  return fine;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<SseEvent> whole;
  std::vector<SseEvent> pieces;
  const bool fine = read(bytes, bytes.size() + 1, whole);
  if (read(bytes, 1 + data[0] % 8, pieces) != fine || whole != pieces) __builtin_trap();
  std::string written;
  for (const SseEvent& event : whole) write_sse(written, event);
  std::vector<SseEvent> again;
  if (!whole.empty() && written.size() < 512) {
    if (!read(written, written.size(), again)) __builtin_trap();
    // An id holds until the next one: that it was taken back cannot be written.
    for (auto* events : {&whole, &again}) {
      for (SseEvent& event : *events) event.id.clear();
    }
    if (again != whole) __builtin_trap();
  }
  return 0;
}

}  // namespace weft::wire
