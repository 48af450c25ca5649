// Any text as an object of A2A in any version: what was read is written and read again the same,
// and is taken in without harm.
#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/a2a/intake.h"
#include "weft/adapters/a2a/questions.h"
#include "weft/adapters/a2a/view.h"

namespace weft::adapters::a2a {
namespace {

void fuzz_item(const Codec& codec, const json::value& document) {
  const auto item = codec.read_item(document);
  if (!item) return;
  const auto again = codec.read_item(codec.write(*item));
  WEFT_ASSERT(again.has_value());
  WEFT_ASSERT(*again == *item);
  for (const Manner manner : {Manner::plain, Manner::faithful}) {
    Intake intake(manner);
    std::vector<model::Event> events;
    const auto taken = intake.take(*item, events);
    if (!taken || !intake.settled()) continue;
    if (!intake.asks()) {
      (void)intake.finish(events);
      continue;
    }
    const model::Ask ask = intake.take_ask();
    (void)read_ask(model::TaskState::ask, std::nullopt);
    if (const auto* message = std::get_if<Message>(&*item)) (void)read_answers(ask, *message);
    Message said;
    said.parts = write_ask(ask);
    (void)read_answers(ask, said);
  }
}

}  // namespace

void fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = json::parse(text);
  if (!document) return;
  for (const Version version : {Version::v10, Version::v03, Version::v03_rest}) {
    const Codec codec(version);
    fuzz_item(codec, *document);
    if (!document->is_object()) continue;
    if (const auto request = codec.read_request(document->get_object())) {
      const auto again = codec.read_request(codec.write(*request));
      WEFT_ASSERT(again.has_value());
      WEFT_ASSERT(again->message == request->message);
    }
    (void)codec.read_list(document->get_object());
  }
}

}  // namespace weft::adapters::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::a2a::fuzz_one(data, size);
  return 0;
}
