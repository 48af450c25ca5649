// Any sentences in any order, and results of any shape between them: the conversation goes on,
// lives on as JSON, and nothing is called with what its schema does not allow.
#include <string_view>

#include "weft/base/result.h"
#include "weft/base/schema.h"
#include "weft/dialogue/extract/extractor.h"
#include "weft/dialogue/language/english/english.h"
#include "weft/dialogue/talk/concierge.h"

namespace weft::dialogue {
namespace {

KnownSkill skill_of(std::string id, std::string title, std::string_view schema) {
  KnownSkill out;
  out.solution = "town";
  out.skill = std::move(id);
  out.title = std::move(title);
  out.schema = json::parse(schema).value();
  out.slots = slots_of(*out.schema).value();
  return out;
}

std::shared_ptr<const Repertoire> town() {
  std::vector<KnownSkill> skills{
      skill_of("pay", "Pay somebody",
               R"({"type":"object","properties":{"to":{"type":"string"},"amount":{"type":"number"},
                   "urgent":{"type":"boolean"}},"required":["to","amount"]})"),
      skill_of("reserve", "Reserve a room",
               R"({"type":"object","properties":{"hotel_id":{"type":"string"},
                   "nights":{"type":"integer"},"view":{"enum":["lake","street"]},
                   "day":{"type":"string","format":"date"}},"required":["hotel_id","view"]})"),
      skill_of("ride", "Get a taxi",
               R"({"type":"object","properties":{"destination":{"type":"string"}},
                   "required":["destination"]})")};
  return std::make_shared<const Repertoire>(std::move(skills));
}

/// The next piece, up to a byte that no sentence has.
std::string_view take(std::string_view& text) {
  const auto at = text.find('\n');
  const std::string_view out = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return out;
}

void play(const Concierge& concierge, const Repertoire& repertoire, std::string_view input) {
  Conversation c;
  for (int turn = 0; !input.empty() && turn < 16; ++turn) {
    const std::string_view said = take(input);
    std::vector<std::string> told = concierge.hear(c, said, std::chrono::local_seconds{});
    Step step = concierge.next(c, told);
    for (int i = 0; step.kind == Step::Kind::call && i < 8; ++i) {
      const KnownSkill* skill = repertoire.find(c.current()->name());
      WEFT_ASSERT(skill != nullptr);
      WEFT_ASSERT(!Schema::create(*skill->schema).value().check(step.arguments));
      (void)concierge.consent_question(c);
      model::Output output;
      if (auto data = json::parse(take(input))) output.data = *std::move(data);
      (void)concierge.took(c, output);
      step = concierge.next(c, told);
    }
    const auto back = conversation_from_json(to_json(c));
    WEFT_ASSERT(back.has_value() && *back == c);
  }
}

int fuzz(std::string_view text) {
  static const Extractor kExtractor{english()};
  static const auto kTown = town();
  static const Concierge kConcierge(kTown,
                                    [](std::string_view utterance, std::chrono::local_seconds now) {
                                      return kExtractor.values(utterance, now);
                                    });
  if (text.size() < 4096) play(kConcierge, *kTown, text);
  return 0;
}

}  // namespace
}  // namespace weft::dialogue

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return weft::dialogue::fuzz({reinterpret_cast<const char*>(data), size});
}
