// Bytes as an event stream of a task, cut anywhere: what is handed on never grows beyond what came,
// and nothing follows an end.
#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/errors.h"
#include "weft/adapters/a2a/intake.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/wire/sse.h"

namespace weft::adapters::a2a {
namespace {

void fuzz(std::string_view bytes, std::size_t cut, Manner manner) {
  wire::SseReader reader(kStreamEventBytesMax);
  Intake intake(manner);
  std::vector<model::Event> events;
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (!reader.feed(piece)) return;
    while (const auto event = reader.next()) {
      const auto document = json::parse(event->data);
      if (!document) return;
      auto item = Codec(Version::v10).read_item(*document);
      if (!item) return;
      const bool over = intake.settled() && !intake.asks();
      const auto taken = intake.take(*std::move(item), events);
      WEFT_ASSERT(!over || !taken);
      if (!taken) return;
      if (intake.asks()) (void)intake.take_ask();
    }
  }
  if (intake.settled()) (void)intake.finish(events);
  std::size_t said = 0;
  for (const model::Event& event : events) {
    if (const auto* delta = std::get_if<model::Delta>(&event.body)) said += delta->text.size();
  }
  WEFT_ASSERT(said <= bytes.size() * 2);
}

}  // namespace

void fuzz_one(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t cut = bytes.empty() ? 0 : data[0] % bytes.size();
  fuzz(bytes, cut, Manner::plain);
  fuzz(bytes, cut, Manner::faithful);
}

}  // namespace weft::adapters::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::a2a::fuzz_one(data, size);
  return 0;
}
