#include "weft/dialogue/router/router.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

/// Of what is meant for a skill: declined, and asked back about.
constexpr double kDeclinedShare = 0.05;
constexpr double kAskedShare = 0.2;

float quantile(std::vector<float> values, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::min(at, values.size() - 1));
  std::ranges::nth_element(values, place);
  return *place;
}

/// `book_a_table` says three words.
std::string spoken(std::string name) {
  std::ranges::replace(name, '_', ' ');
  return name;
}

}  // namespace

std::string_view to_string(Zone zone) {
  switch (zone) {
    case Zone::go: return "go";
    case Zone::ask: return "ask";
    case Zone::decline: return "decline";
  }
  return "decline";
}

Result<Router> Router::train(std::span<const RoutedSkill> skills) {
  if (skills.empty()) return fail(Reason::invalid_argument, "there is no skill");
  if (skills.size() > kRoutedSkillsMax)
    return fail(Reason::invalid_argument,
                std::format("there are more than {} skills", kRoutedSkillsMax));
  std::vector<Example> examples;
  for (std::size_t i = 0; i < skills.size(); ++i) {
    const RoutedSkill& skill = skills[i];
    const std::size_t before = examples.size();
    const auto add = [&](std::string text) {
      if (!words_of(text).empty()) examples.push_back({.text = std::move(text), .label = i});
    };
    add(spoken(skill.name));
    add(skill.description);
    for (const std::string& example : skill.examples) add(example);
    if (examples.size() == before)
      return fail(Reason::invalid_argument,
                  std::format("the skill `{}` has no name, description or example", skill.id));
    if (examples.size() > kExamplesMax)
      return fail(Reason::invalid_argument,
                  std::format("the skills have more than {} examples", kExamplesMax));
  }
  return Router(Classifier::train(examples, skills.size()));
}

std::vector<RankedSkill> Router::rank(std::string_view utterance) const {
  const std::vector<float> scores = classifier_.scores(utterance);
  std::vector<RankedSkill> out;
  out.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) out.push_back({.skill = i, .score = scores[i]});
  const auto better = [](const RankedSkill& a, const RankedSkill& b) {
    return a.score != b.score ? a.score > b.score : a.skill < b.skill;
  };
  const std::size_t count = std::min(out.size(), kRankedMax);
  std::ranges::partial_sort(out, out.begin() + static_cast<std::ptrdiff_t>(count), better);
  out.resize(count);
  return out;
}

Routing Router::route(std::string_view utterance) const {
  Routing out{.zone = Zone::ask, .ranked = rank(utterance)};
  const float first = out.ranked.front().score;
  const bool alone = out.ranked.size() < 2 || first - out.ranked[1].score >= thresholds_.gap;
  if (first < thresholds_.low) {
    out.zone = Zone::decline;
  } else if (first >= thresholds_.high && alone) {
    out.zone = Zone::go;
  }
  return out;
}

void Router::calibrate(std::span<const std::string> meant) {
  if (meant.empty()) return;
  std::vector<float> firsts;
  firsts.reserve(meant.size());
  for (const std::string& each : meant) firsts.push_back(rank(each).front().score);
  thresholds_.low = quantile(firsts, kDeclinedShare);
  thresholds_.high = quantile(firsts, kAskedShare);
}

}  // namespace weft::dialogue
