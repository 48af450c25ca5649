// Any text as an agent card: recognised or refused, settled with or refused, and the same when it
// was written and read again.
#include "weft/adapters/a2a/card.h"
#include "weft/adapters/a2a/discovery.h"

namespace weft::adapters::a2a {

void fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = json::parse(text);
  if (!document || !looks_like_card(*document)) return;
  const auto card = read_card(*document);
  if (!card) return;
  const auto again = read_card(write_card(*card, CardShape::v10));
  WEFT_ASSERT(again.has_value());
  if (!card->interfaces.empty()) WEFT_ASSERT(again->skills == card->skills);
  (void)write_card(*card, CardShape::both);
  (void)write_card(*card, CardShape::v03);
  const auto door = choose_interface(*card);
  if (!door) return;
  (void)to_solution(*card, *door, document->get_object());
  const Url named = parse_url("http://127.0.0.1:9/x").value();
  const Found found{named, *card, {}};
  const auto agent = settle_agent(found, named);
  if (agent && !(*agent)->elsewhere) WEFT_ASSERT((*agent)->url.authority() == named.authority());
}

}  // namespace weft::adapters::a2a

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::a2a::fuzz_one(data, size);
  return 0;
}
