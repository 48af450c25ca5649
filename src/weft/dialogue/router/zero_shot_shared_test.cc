// The router on schema-guided dialogues that its weights have not seen, where they are at hand:
// from the schema alone, without an example.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <format>
#include <map>
#include <set>

#include "weft/dialogue/router/evaluation.h"
#include "weft/dialogue/training/affinity/sgd.h"

namespace weft::dialogue {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(WEFT_SOURCE) / "../shared/data/sgd";

/// The dialogues, unpacked for as long as the test runs.
class Unpacked {
 public:
  Unpacked() {
    std::string name = (fs::temp_directory_path() / "weft-sgd-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return;
    folder_ = name;
    const std::string archive = (kData / "dev_dialogues.tar.xz").string();
    const std::string command =
        std::format("python3 -W ignore -m tarfile -e '{}' '{}'", archive, name);
    done_ = std::system(command.c_str()) == 0;
  }
  ~Unpacked() {
    if (!folder_.empty()) fs::remove_all(folder_);
  }
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;
  bool done() const { return done_; }
  fs::path dialogues() const { return folder_ / "dev"; }

 private:
  fs::path folder_;
  bool done_ = false;
};

std::string service_of(const std::string& skill) { return skill.substr(0, skill.find('/')); }

RoutingFigures figures_of(const std::vector<RoutedSkill>& skills,
                          const std::vector<RoutedQuery>& queries) {
  const auto router = Router::train(skills);
  return evaluate(*router, queries).figures;
}

/// Names that say nothing, for skills and parameters.
std::vector<RoutedSkill> renamed(std::vector<RoutedSkill> skills) {
  std::size_t number = 0;
  for (RoutedSkill& skill : skills) {
    skill.id = skill.name = std::format("op{}", ++number);
    for (RoutedParameter& parameter : skill.parameters)
      parameter.name = std::format("x{}", ++number);
  }
  return skills;
}

TEST(Routing, SchemaGuidedDialoguesWithoutExamples) {
  if (!fs::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  const auto skills = read_sgd_skills(kData / "dev_schema.json");
  const auto trained = read_sgd_skills(kData / "train_schema.json");
  ASSERT_TRUE(skills && trained);
  std::set<std::string> seen;
  for (const RoutedSkill& skill : *trained) seen.insert(service_of(skill.id));
  const Unpacked unpacked;
  if (!unpacked.done()) GTEST_SKIP() << "tar cannot unpack the dialogues";
  const auto dialogues = read_sgd_sayings(unpacked.dialogues());
  ASSERT_TRUE(dialogues) << dialogues.error().message;
  std::map<std::string, std::size_t> numbers;
  for (const RoutedSkill& skill : *skills) numbers.emplace(skill.id, numbers.size());
  std::vector<RoutedQuery> all;
  std::vector<RoutedQuery> unseen;
  for (const IntentTurn& turn : dialogues->intents) {
    all.push_back({.text = turn.text, .gold = numbers.at(turn.skill)});
    if (!seen.contains(service_of(turn.skill))) unseen.push_back(all.back());
  }
  EXPECT_EQ(all.size(), 4639U);
  EXPECT_EQ(unseen.size(), 1979U);
  const RoutingFigures figures = figures_of(*skills, all);
  const RoutingFigures apart = figures_of(*skills, unseen);
  RecordProperty("top1", std::to_string(*figures.top1));
  RecordProperty("top3", std::to_string(*figures.top3));
  RecordProperty("top1_unseen", std::to_string(*apart.top1));
  RecordProperty("top3_unseen", std::to_string(*apart.top3));
  EXPECT_GT(*figures.top1, 0.80);
  EXPECT_GT(*figures.top3, 0.95);
  EXPECT_GT(*apart.top1, 0.70);
  EXPECT_GT(*apart.top3, 0.95);
  const RoutingFigures nameless = figures_of(renamed(*skills), all);
  EXPECT_GT(*nameless.top1, 0.77);
  EXPECT_GT(*nameless.top3, 0.92);
}

}  // namespace
}  // namespace weft::dialogue
