// Conversations for tests, without a hub. Owned by dialogue's tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/dialogue/talk/concierge.h"
#include "weft/dialogue/talk/heard.h"

namespace weft::dialogue {

inline constexpr std::chrono::local_seconds kNow{std::chrono::seconds(1'795'789'800)};

/// Numbers of digits, and runs of words with a capital: what these tests need.
inline std::vector<Value> few_values(std::string_view utterance, std::chrono::local_seconds) {
  std::vector<Value> out;
  bool first = true;
  for (const HeardWord& word : heard_words(utterance)) {
    const std::string_view shown = utterance.substr(word.begin, word.end - word.begin);
    const bool number =
        std::ranges::all_of(shown, [](char c) { return c >= '0' && c <= '9'; }) && !shown.empty();
    const bool name = !first && shown.front() >= 'A' && shown.front() <= 'Z' && shown != "I";
    first = false;
    if (!number && !name) continue;
    if (name && !out.empty() && out.back().type == ValueType::name &&
        out.back().end + 1 == word.begin && utterance[out.back().end] == ' ') {
      out.back().end = word.end;
      out.back().canonical = utterance.substr(out.back().begin, word.end - out.back().begin);
      continue;
    }
    out.push_back({.type = number ? ValueType::number : ValueType::name,
                   .begin = word.begin,
                   .end = word.end,
                   .canonical = std::string(shown),
                   .unit = "",
                   .others = {}});
  }
  return out;
}

inline KnownSkill skill_of(std::string solution, std::string id, std::string title,
                           std::vector<std::string> examples, std::string_view schema) {
  KnownSkill out;
  out.solution = std::move(solution);
  out.skill = std::move(id);
  out.title = std::move(title);
  out.examples = std::move(examples);
  out.schema = json::parse(schema).value();
  out.slots = slots_of(*out.schema).value();
  return out;
}

class Talking : public ::testing::Test {
 protected:
  explicit Talking(std::shared_ptr<const Repertoire> repertoire)
      : concierge_(std::move(repertoire), few_values) {}

  /// Says it; gives the next step.
  Step say(std::string_view text) {
    told_ = concierge_.hear(c_, text, kNow);
    return next();
  }
  Step next() { return concierge_.next(c_, told_); }
  Step done(json::value data, std::string text) {
    model::Output output;
    output.data = std::move(data);
    output.turns.push_back({"", model::Role::assistant, "", {model::Part::text(std::move(text))}});
    told_ = {concierge_.took(c_, output)};
    return next();
  }
  std::string call(const Step& step) const {
    if (step.kind != Step::Kind::call) return "no call: " + step.text;
    return c_.current()->name() + " " + json::write(step.arguments);
  }

  Concierge concierge_;
  Conversation c_;
  std::vector<std::string> told_;
};

}  // namespace weft::dialogue
