#include "weft/hub/names.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "weft/hub/testing.h"

namespace weft::hub {
namespace {

bool fits(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

TEST(Names, ToolNamesStayAsTheyAreWhenTheyFit) {
  EXPECT_EQ(tool_name("bank", "pay"), "bank__pay");
  EXPECT_EQ(tool_name("pay_now-2"), "pay_now-2");
  EXPECT_EQ(tool_name("files.read"), "files.read");
  EXPECT_TRUE(tool_name("..").starts_with(".._"));
  EXPECT_TRUE(tool_name("disk", "files.read").starts_with("disk__files_read_"));
  EXPECT_TRUE(tool_name("bank", "pay money").starts_with("bank__pay_money_"));
  EXPECT_EQ(tool_name("bank", "pay money").size(), 24U);
  EXPECT_EQ(tool_name("bank", std::string(200, 'x')).size(), 64U);
}

/// Names made to collide: separators moved, tails forged, cut at the same place, bytes of every
/// kind.
std::vector<std::string> hostile(std::mt19937& random) {
  static const std::vector<std::string> kPieces{"a", "_",    "__",
                                                "-", "b",    " ",
                                                ".", "/",    std::string(1, '\0'),
                                                "é", "\xff", "_0badf00d",
                                                "A", "1",    std::string(60, 'x')};
  std::vector<std::string> out;
  for (int i = 0; i < 3000; ++i) {
    std::string name;
    for (auto n = random() % 5 + 1; n > 0; --n) name += kPieces[random() % kPieces.size()];
    out.push_back(std::move(name));
  }
  return out;
}

TEST(Names, AreInjective) {
  std::mt19937 random(7);
  std::map<std::string, std::pair<std::string, std::string>> seen;
  auto skills = hostile(random);
  // What a tail makes of a name, as a name of its own.
  for (std::size_t i = 0; i < 500; ++i) skills.push_back(tool_name(skills[i]));
  for (std::size_t i = 0; i < 500; ++i) {
    const std::string whole = tool_name("a", skills[i]);
    if (whole.starts_with("a__")) skills.push_back(whole.substr(3));
  }
  for (const std::string solution : {"a", "a-b", "a_", "a__b", "A", "", "a b"}) {
    for (const auto& skill : skills) {
      const auto name = tool_name(solution, skill);
      ASSERT_TRUE(fits(name)) << name;
      const auto [at, fresh] = seen.emplace(name, std::pair(solution, skill));
      ASSERT_TRUE(fresh || at->second == std::pair(solution, skill))
          << name << " is (" << solution << ", " << skill << ") and (" << at->second.first << ", "
          << at->second.second << ")";
    }
  }
  std::map<std::string, std::string> single;
  for (const auto& skill : skills) {
    const auto [at, fresh] = single.emplace(tool_name(skill), skill);
    ASSERT_TRUE(fresh || at->second == skill) << skill << " and " << at->second;
  }
}

class Lookup : public ::testing::Test {
 protected:
  void SetUp() override {
    add("bank", model::Kind::toolset, {"pay", "pay money", "pay_money_0badf00d", "a/b"});
    add("bank-2", model::Kind::toolset, {"pay"});
    add("clinic", model::Kind::agent, {"triage"});
    add("fraud", model::Kind::predictor, {"score"});
    model::Solution chat = solution("chat", model::Kind::model, {"chat", "embed"});
    chat.skills[0].shape = model::Shape::converse;
    chat.skills[1].shape = model::Shape::embed;
    chat.raw["models"] = json::array({"gpt-x", "org/llama:8b"});
    add(std::move(chat));
    snapshot_ = registry_.snapshot();
  }
  static model::Solution solution(std::string id, model::Kind kind,
                                  std::vector<std::string> skills) {
    model::Solution out;
    out.id = SolutionId(std::move(id));
    out.kind = kind;
    for (auto& skill : skills) out.skills.push_back(testing::fake_skill(std::move(skill)));
    return out;
  }
  void add(std::string id, model::Kind kind, std::vector<std::string> skills) {
    add(solution(std::move(id), kind, std::move(skills)));
  }
  void add(model::Solution solution) {
    ASSERT_TRUE(registry_.add(make_entry(std::move(solution), nullptr, {}, "")));
  }

  Registry registry_;
  std::shared_ptr<const Snapshot> snapshot_;
};

TEST_F(Lookup, EveryToolIsFoundByItsName) {
  for (const auto& entry : snapshot_->entries) {
    for (const auto& skill : entry->solution->skills) {
      const auto found =
          find_tool(*snapshot_, tool_name(entry->solution->id.str(), skill.id.str()));
      ASSERT_TRUE(found) << skill.id.str();
      EXPECT_EQ(found->skill, &skill);
      const auto single = find_tool(entry, tool_name(skill.id.str()));
      ASSERT_TRUE(single);
      EXPECT_EQ(single->skill, &skill);
    }
  }
  for (const std::string_view name :
       {"bank__none", "bank", "", "__", "bank__pay money", "nobody__pay"}) {
    EXPECT_FALSE(find_tool(*snapshot_, name)) << name;
  }
}

TEST_F(Lookup, EveryModelNameMeansItsSkill) {
  std::map<std::string, ModelName> names;
  for (auto& name : model_names(*snapshot_)) {
    EXPECT_TRUE(names.emplace(name.name, name).second) << name.name << " twice";
    const auto found = find_model(*snapshot_, name.name);
    ASSERT_TRUE(found) << name.name;
    EXPECT_EQ(found->ref.entry->solution->id.str(), name.solution);
    EXPECT_EQ(found->ref.skill ? found->ref.skill->id.str() : "", name.skill);
  }
  for (const std::string name :
       {"tool/bank/pay", "tool/bank/a/b", "model/chat", "model/chat/gpt-x",
        "model/chat/org/llama:8b", "agent/clinic", "predict/fraud", "bank", "chat"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_EQ(find_model(*snapshot_, "model/chat/org/llama:8b")->upstream_model, "org/llama:8b");
  EXPECT_EQ(find_model(*snapshot_, "model/chat/other")->upstream_model, "other");
  EXPECT_EQ(find_model(*snapshot_, "gpt-x")->ref.entry->solution->id.str(), "chat")
      << "a client that knows no weft";
  EXPECT_EQ(find_model(*snapshot_, "bank")->ref.skill, nullptr) << "the caller must be asked which";
  const auto unknown = find_model(*snapshot_, "agent/clinik");
  EXPECT_NE(unknown.error().message.find("`agent/clinic`"), std::string::npos)
      << unknown.error().message;
}

TEST_F(Lookup, SkillsByTheirOwnNames) {
  EXPECT_EQ(find_skill(*snapshot_, "clinic", "")->skill->id.str(), "triage");
  EXPECT_EQ(find_skill(*snapshot_, "chat", "")->skill->id.str(), "chat");
  EXPECT_EQ(find_skill(*snapshot_, "bank", "a/b")->skill->id.str(), "a/b");
  EXPECT_NE(find_skill(*snapshot_, "bank", "").error().message.find("4 skills"), std::string::npos);
  EXPECT_NE(find_skill(*snapshot_, "bank", "pey").error().message.find("`pay`"), std::string::npos);
  EXPECT_NE(find_skill(*snapshot_, "banc", "pay").error().message.find("`bank`"),
            std::string::npos);
}

}  // namespace
}  // namespace weft::hub
