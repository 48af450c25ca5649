// The router on CLINC150, where it is at hand; thresholds are fixed before the
// test part is read.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "weft/base/json.h"
#include "weft/dialogue/router/evaluation.h"

namespace weft::dialogue {
namespace {

const std::filesystem::path kData = std::filesystem::path(WEFT_SOURCE) / "../shared/data";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Ten of a hundred: what it can do with all of them is for the benchmark, and takes minutes under
/// a sanitizer.
constexpr std::size_t kExamplesEach = 10;

/// Skills by label, with the examples of each.
struct Skills {
  std::vector<RoutedSkill> all;
  std::map<std::string, std::size_t, std::less<>> numbers;

  std::size_t number(const std::string& label) {
    const auto [at, added] = numbers.try_emplace(label, all.size());
    if (added) all.push_back({.id = label, .name = label, .description = "", .examples = {}});
    return at->second;
  }
  std::size_t examples(const std::string& label) { return all[number(label)].examples.size(); }
  void add(const std::string& label, std::string text) {
    all[number(label)].examples.push_back(std::move(text));
  }
};

TEST(Routing, Clinc150) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  const auto document = json::parse_object(text_of(kData / "clinc150/data_full.json"), "CLINC150");
  ASSERT_TRUE(document) << document.error().message;
  const auto pairs = [&](const char* part) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& each : document->at(part).as_array())
      out.emplace_back(each.as_array().at(0).as_string(), each.as_array().at(1).as_string());
    return out;
  };
  Skills skills;
  for (const auto& [text, label] : pairs("train")) {
    if (skills.examples(label) < kExamplesEach) skills.add(label, text);
  }
  auto router = Router::train(skills.all);
  ASSERT_TRUE(router) << router.error().message;
  std::vector<std::string> meant;
  for (const auto& [text, label] : pairs("val")) meant.push_back(text);
  router->calibrate(meant);
  std::vector<RoutedQuery> queries;
  for (const auto& [text, label] : pairs("test")) queries.push_back({text, skills.number(label)});
  for (const auto& [text, label] : pairs("oos_test")) queries.push_back({text, std::nullopt});
  const RoutingFigures figures = evaluate(*router, queries).figures;
  RecordProperty("top1", std::to_string(*figures.top1));
  RecordProperty("joint", std::to_string(*figures.joint));
  RecordProperty("rejected", std::to_string(*figures.rejected));
  RecordProperty("auroc", std::to_string(*figures.auroc));
  EXPECT_EQ(figures.meant, 4500U);
  EXPECT_EQ(figures.others, 1000U);
  EXPECT_GT(*figures.top1, 0.755);
  EXPECT_GT(*figures.joint, 0.71);
  EXPECT_GT(*figures.rejected, 0.54);
  EXPECT_GT(*figures.auroc, 0.91);
  EXPECT_LT(router->bytes(), 50U << 20);
}

}  // namespace
}  // namespace weft::dialogue
