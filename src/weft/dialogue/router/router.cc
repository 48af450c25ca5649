#include "weft/dialogue/router/router.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "weft/dialogue/language/background.h"
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

/// With so many examples, what they teach counts as much as what the skill says of itself, where
/// that is many words; of so many words it counts half.
constexpr float kExamplesEven = 3;
constexpr float kWordsHalf = 10;
/// A matcher's score in the measure of margins: 0 is where nothing fits.
constexpr float kMatchMargin = 0.1F;
/// The words that the first skill shares with the sentence add to every score, where it has few
/// examples: nothing is added for the second. What goes well together by its affinity alone may be
/// chance. Which skill is first does not depend on it; whether one is meant at all does.
constexpr float kMeantWeight = 2;
constexpr float kMeantEven = 1;
/// What it adds to every score that the nearest example is near; as the margin of being no wish at
/// all takes from it. Which skill is first does not depend on either; whether one is meant at all
/// does.
constexpr float kNearWeight = 0.5F;

/// `book_a_table` says three words.
std::string spoken(std::string_view name) {
  std::string out;
  for (const std::string& word : words_of_name(name)) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::size_t count_of(const SkillWords& words) {
  std::size_t out = 0;
  for (const auto& field : words.fields) out += field.size();
  return out - words[Field::example].size();
}

/// What the classifier counts, of 1.
float learned_share(std::size_t examples, std::size_t words) {
  if (examples == 0) return 0;
  const auto count = static_cast<float>(examples);
  const auto said = static_cast<float>(words);
  return count / (count + kExamplesEven * said / (said + kWordsHalf));
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

Result<Router> Router::train(std::span<const RoutedSkill> skills, const Affinity& affinity) {
  if (skills.empty()) return fail(Reason::invalid_argument, "there is no skill");
  if (skills.size() > kRoutedSkillsMax)
    return fail(Reason::invalid_argument,
                std::format("there are more than {} skills", kRoutedSkillsMax));
  std::vector<SkillWords> words;
  words.reserve(skills.size());
  std::vector<float> learned;
  learned.reserve(skills.size());
  std::vector<Utterance> examples;
  std::vector<std::size_t> labels;
  for (std::size_t i = 0; i < skills.size(); ++i) {
    const RoutedSkill& skill = skills[i];
    words.push_back(words_of_skill(skill));
    const auto add = [&](std::string_view text) {
      Utterance utterance = read_utterance(text);
      if (utterance.words.empty()) return;
      examples.push_back(std::move(utterance));
      labels.push_back(i);
    };
    const std::size_t before = examples.size();
    for (const std::string& example : skill.examples) add(example);
    const std::size_t count = examples.size() - before;
    const std::size_t said = count_of(words.back());
    learned.push_back(learned_share(count, said));
    // Of one that says nothing of itself the examples are all that counts, and are learned from.
    if (learned.back() == 1) words.back()[Field::example].clear();
    add(spoken(skill.name));
    add(skill.description);
    if (count + said == 0)
      return fail(Reason::invalid_argument,
                  std::format("the skill `{}` has no name, description or example", skill.id));
    if (examples.size() > kExamplesMax)
      return fail(Reason::invalid_argument,
                  std::format("the skills have more than {} examples", kExamplesMax));
  }
  Router out(Matcher(words, affinity));
  if (std::ranges::any_of(learned, [](float each) { return each > 0; })) {
    out.nearest_.emplace(examples);
    // Where the background is most of what was seen, being like it says little.
    const auto own = static_cast<float>(examples.size());
    out.background_share_ = own / (own + static_cast<float>(english_background().size()));
    for (const std::string_view each : english_background()) {
      examples.push_back(read_utterance(each));
      labels.push_back(skills.size());
    }
    out.classifier_ = Classifier::train(examples, labels, skills.size() + 1, affinity);
  }
  out.learned_ = std::move(learned);
  return out;
}

Router::Scores Router::scores(const Utterance& utterance) const {
  auto [skills, shared] = matcher_.matches(utterance);
  Scores out{.skills = std::move(skills), .shared = std::move(shared)};
  for (float& each : out.skills) each = each * kMatchMargin - 1;
  if (!classifier_) return out;
  const std::vector<float> margins = classifier_->scores(utterance);
  for (std::size_t i = 0; i < out.skills.size(); ++i)
    out.skills[i] = std::lerp(out.skills[i], margins[i], learned_[i]);
  out.background = background_share_ * std::max(0.0F, margins.back() + 1);
  return out;
}

std::vector<RankedSkill> Router::rank(std::string_view text) const {
  const Utterance utterance = read_utterance(text);
  const Scores scores = this->scores(utterance);
  std::vector<RankedSkill> out;
  out.reserve(scores.skills.size());
  for (std::size_t i = 0; i < scores.skills.size(); ++i)
    out.push_back({.skill = i, .score = scores.skills[i]});
  const auto better = [](const RankedSkill& a, const RankedSkill& b) {
    return a.score != b.score ? a.score > b.score : a.skill < b.skill;
  };
  const std::size_t count = std::min(out.size(), kRankedMax);
  std::ranges::partial_sort(out, out.begin() + static_cast<std::ptrdiff_t>(count), better);
  out.resize(count);
  const std::size_t first = out.front().skill;
  float meant = (1 - learned_[first]) * (kMeantWeight * scores.shared[first] - kMeantEven);
  if (nearest_) {
    const float near = kNearWeight * nearest_->cosine(utterance);
    meant += learned_[first] * (near - scores.background);
  }
  for (RankedSkill& each : out) each.score += meant;
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

std::size_t Router::bytes() const {
  return matcher_.bytes() + (classifier_ ? classifier_->bytes() + nearest_->bytes() : 0) +
         learned_.size() * sizeof(float);
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
