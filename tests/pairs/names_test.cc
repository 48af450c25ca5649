// Law 5 over all pairs: outward names are injective. Each name that the far end shows leads to one
// skill, each skill has a name, and no two names of a kind lead to the same.
#include <map>

#include "pairs.h"
#include "weft/hub/testing.h"
#include "weft/model/generate.h"

namespace weft::pairs {
namespace {

/// Names that fall together once characters are replaced, cut or folded, and random ones.
std::vector<std::string> awkward(std::uint32_t seed) {
  std::vector<std::string> out{"pay",
                               "Pay",
                               "pay money",
                               "pay_money",
                               "pay/money",
                               "pay.money",
                               "pay%2Fmoney",
                               "pay_money_0badf00d",
                               "a__b",
                               ".",
                               "..",
                               "a/../b",
                               "chat",
                               "message",
                               "continue_task",
                               "\xc3\xa9",
                               "e\xcc\x81",
                               "\xe6\xb5\xb7",
                               std::string(80, 'x'),
                               std::string(80, 'x') + "y",
                               std::string(64, 'z')};
  model::Generate random(seed);
  for (int i = 0; i < 8; ++i) {
    std::string name = random.text();
    if (!name.empty() && !std::ranges::contains(out, name)) out.push_back(std::move(name));
  }
  return out;
}

std::vector<model::Skill> skills(const std::vector<std::string>& ids) {
  std::vector<model::Skill> out;
  for (const std::string& id : ids) {
    out.push_back(hub::testing::fake_skill(
        id, model::Shape::invoke, R"({"type":"object","properties":{"run":{"type":"integer"}}})"));
  }
  return out;
}

class Names : public ::testing::TestWithParam<Pair> {
 protected:
  const std::string& caller() const { return std::get<0>(GetParam()); }
  const std::string& solution() const { return std::get<1>(GetParam()); }

  /// The names of tools that a hub knows its solution by.
  std::vector<std::string> names(TestHub& hub, const std::string& id, std::string_view protocol) {
    std::vector<std::string> out;
    const auto entry = hub.hub().registry().snapshot()->find_shared(id);
    if (protocol != "openai") {
      for (const auto& skill : entry->solution->skills) out.push_back(skill.id.str());
      return out;
    }
    const auto* models = json::array_at(entry->solution->raw, "models");
    for (const auto& model : *models) {
      std::string name(std::string_view(model.get_string()));
      if (name.starts_with("tool/") || name.starts_with("model/relay/tool/"))
        out.push_back(std::move(name));
    }
    return out;
  }

  /// The skill that a call by this name reached; empty when none.
  static std::string reached(Chain& chain, model::Call call) {
    (void)chain.tell(std::move(call));
    return chain.stage().heard().skill.str();
  }

  /// Whether a skill of this name can be called at all: as the part of a path a URL cannot hold `.`
  /// and `..` (RFC 3986, 6.2.2.3), and no server is sent a NUL (protocols.md §14.1, OpenAPI).
  bool has_a_name(const std::string& id) const {
    // Chat tells it as a model, MCP with other characters.
    const bool kept = solution() == "openapi" || solution() == "a2a";
    const bool in_path = kept && (caller() == "openapi" || solution() == "openapi");
    return !in_path || (id != "." && id != ".." && !id.contains('\0'));
  }

  /// REST shows its own operations beside the solution's (protocols.md §14.1).
  static bool is_own(const std::string& name) { return name.contains("weft_job"); }

  void check(std::uint32_t seed) {
    const auto ids = awkward(seed);
    Chain chain(caller(), solution(), skills(ids));
    ASSERT_EQ(chain.broken(), "");
    const bool models = solution() == "openai" && caller() != "openai";
    const auto shown =
        models ? names(chain.second(), "relay", "openai") : names(chain.first(), "far", caller());
    std::map<std::string, std::string> by_skill;
    for (const std::string& name : shown) {
      const std::string skill = reached(chain, chain.by_name(name));
      if (skill.empty()) continue;
      EXPECT_FALSE(is_own(name)) << "`" << name << "` is `" << skill << "`";
      const auto [at, fresh] = by_skill.emplace(skill, name);
      EXPECT_TRUE(fresh) << "`" << name << "` and `" << at->second << "` are both `" << skill
                         << "`";
    }
    for (const std::string& id : ids)
      EXPECT_EQ(by_skill.contains(id), has_a_name(id)) << "`" << id << "`";
  }
};

constexpr std::uint32_t kSeeds = 1;

TEST_P(Names, LeadToOneSkillEach) {
  for (std::uint32_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) check(seed);
}

INSTANTIATE_TEST_SUITE_P(All, Names, all_pairs(), name_of);

}  // namespace
}  // namespace weft::pairs
