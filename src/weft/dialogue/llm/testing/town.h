// Four skills of a small town, and how sentences about them are read. For tests.
#pragma once

#include <memory>

#include "weft/dialogue/extract/extractor.h"
#include "weft/dialogue/language/english/english.h"
#include "weft/dialogue/llm/evidence.h"
#include "weft/dialogue/talk/concierge.h"

namespace weft::dialogue::testing {

/// A Friday.
inline constexpr std::chrono::local_seconds kNow{std::chrono::seconds(1'795'789'800)};

inline const ReadValues& read_values() {
  static const Extractor reads(english());
  static const ReadValues out = [](std::string_view utterance, std::chrono::local_seconds now) {
    return reads.values(utterance, now);
  };
  return out;
}

inline Reader reader() { return {read_values(), kNow, english_phrases()}; }

inline KnownSkill skill_of(std::string name, std::string title, std::vector<std::string> examples,
                           bool risky, std::string_view schema) {
  KnownSkill out;
  const auto slash = name.find('/');
  out.solution = name.substr(0, slash);
  out.skill = name.substr(slash + 1);
  out.title = std::move(title);
  out.examples = std::move(examples);
  out.risky = risky;
  out.schema = json::parse(schema).value();
  out.slots = slots_of(*out.schema).value();
  return out;
}

inline std::shared_ptr<const Repertoire> town() {
  std::vector<KnownSkill> skills{
      skill_of("bank/pay", "Pay somebody",
               {"pay 20 dollars to Li", "send money to a friend", "transfer 50 to my landlord"},
               true,
               R"({"type":"object","properties":{"to":{"type":"string","maxLength":40},
                   "amount":{"type":"number","minimum":1},"account":{"enum":["savings","current"]}},
                   "required":["to","amount"]})"),
      skill_of("bank/balance", "Tell the balance",
               {"how much money do I have", "what is my balance"}, false,
               R"({"type":"object","properties":{"account":{"enum":["savings","current"]}},
                   "required":["account"]})"),
      skill_of("taxi/ride", "Get a taxi", {"get me a taxi", "call a taxi to the station"}, true,
               R"({"type":"object","properties":{"destination":{"type":"string"},
                   "shared":{"type":"boolean"}},"required":["destination","shared"]})"),
      skill_of("town/weather", "Tell the weather", {"what is the weather", "will it rain"}, false,
               R"({"type":"object","properties":{"place":{"type":"string"},
                   "day":{"type":"string","format":"date"}},"required":["place","day"]})")};
  return std::make_shared<const Repertoire>(std::move(skills));
}

}  // namespace weft::dialogue::testing
