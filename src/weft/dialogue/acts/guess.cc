#include "weft/dialogue/acts/guess.h"

#include <algorithm>

namespace weft::dialogue {
namespace {

enum Form : std::uint64_t {
  kWord = 1,
  kTwoWords,
  kWordAfter,
  kTwoWordsAfter,
  kBegins,
  kBeginsTwo,
  kLength,
  kEnds,
  kThree,
};

constexpr std::array<std::string_view, kUserActs> kNames = {
    "affirm", "negate", "select",  "alternatives", "request",
    "inform", "opens",  "refuses", "thanks",       "goodbye"};

}  // namespace

std::string_view to_string(UserAct act) { return kNames[static_cast<std::size_t>(act)]; }

void describe_act(std::span<const Token> tokens, std::uint32_t system_acts, UserAct act,
                  Features& out) {
  out.begin(Question::act);
  const auto own = static_cast<std::uint64_t>(act);
  const std::uint64_t after = mix(own, system_acts);
  std::uint64_t before = 1;
  std::uint64_t before_that = 1;
  for (const Token& token : tokens) {
    const std::uint64_t word = token.hash;
    out.add(kWord, own, word);
    out.add(kWordAfter, after, word);
    out.add(kTwoWords, own, before, word);
    out.add(kTwoWordsAfter, after, before, word);
    out.add(kThree, mix(own, before_that), before, word);
    before_that = before;
    before = token.before == Break::sentence ? mix(word, 2) : word;
  }
  out.add(kLength, after, std::min<std::size_t>(tokens.size(), 10));
  if (tokens.empty()) return;
  out.add(kBegins, after, tokens.front().hash);
  out.add(kEnds, after, tokens.back().hash);
  if (tokens.size() > 1) out.add(kBeginsTwo, own, tokens[0].hash, tokens[1].hash);
}

ActGuess guess_acts(const LinearModel& model, std::span<const Token> tokens,
                    std::uint32_t system_acts) {
  ActGuess out{};
  Features features;
  for (std::size_t act = 0; act < kUserActs; ++act) {
    describe_act(tokens, system_acts, static_cast<UserAct>(act), features);
    out[act] = model.probability(features);
  }
  return out;
}

}  // namespace weft::dialogue
