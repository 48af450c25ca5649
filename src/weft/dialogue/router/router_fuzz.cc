// Any skills and any utterance: refused in words, or a router that ranks each skill once, best
// first, with scores that are numbers, the same when it is made again.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

#include "weft/dialogue/router/router.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kSkillsMax = 16;
constexpr std::size_t kBytesMax = 16'384;

/// Texts one after the other, each up to a zero byte.
class Texts {
 public:
  explicit Texts(std::string_view bytes) : left_(bytes.substr(0, kBytesMax)) {}
  std::string next() {
    const std::size_t end = std::min(left_.find('\0'), left_.size());
    std::string out(left_.substr(0, end));
    left_.remove_prefix(std::min(end + 1, left_.size()));
    return out;
  }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

RoutedSkill next_skill(Texts& texts) {
  RoutedSkill out{.id = "x", .name = texts.next(), .description = texts.next()};
  for (std::string text = texts.next(); !text.empty(); text = texts.next())
    out.examples.push_back(std::move(text));
  if (const auto schema = json::parse(texts.next())) out.parameters = parameters_of(*schema);
  return out;
}

void check(const Router& router, const Router& again, std::string_view text, std::size_t skills) {
  const Routing routing = router.route(text);
  WEFT_ASSERT(routing.ranked.size() == std::min(skills, kRankedMax));
  std::set<std::size_t> seen;
  for (const RankedSkill& each : routing.ranked) {
    WEFT_ASSERT(each.skill < skills && std::isfinite(each.score));
    WEFT_ASSERT(seen.insert(each.skill).second);
  }
  const auto worse = [](const RankedSkill& a, const RankedSkill& b) { return a.score > b.score; };
  WEFT_ASSERT(std::ranges::is_sorted(routing.ranked, worse));
  const auto same = again.rank(text);
  for (std::size_t i = 0; i < same.size(); ++i) {
    WEFT_ASSERT(same[i].skill == routing.ranked[i].skill);
    WEFT_ASSERT(same[i].score == routing.ranked[i].score);
  }
}

void fuzz(std::string_view bytes) {
  Texts texts(bytes);
  const std::string utterance = texts.next();
  std::vector<RoutedSkill> skills;
  while (!texts.empty() && skills.size() < kSkillsMax) skills.push_back(next_skill(texts));
  const auto router = Router::train(skills);
  if (!router) {
    WEFT_ASSERT(!router.error().message.empty());
    return;
  }
  const auto again = Router::train(skills);
  WEFT_ASSERT(again.has_value());
  check(*router, *again, utterance, skills.size());
  check(*router, *again, bytes, skills.size());
  check(*router, *again, "", skills.size());
}

}  // namespace
}  // namespace weft::dialogue

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::dialogue::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
