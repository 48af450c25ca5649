// The JSON Schema test suite, where it is at hand: every mandatory case of 2020-12 and draft 7.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "weft/base/log.h"
#include "weft/base/schema.h"

namespace weft {
namespace {

const std::filesystem::path kSuite =
    std::filesystem::path(WEFT_SOURCE) / "../shared/specs/json-schema/tests";

struct Score {
  int passed = 0;
  int failed = 0;
  int remote =
      0;  ///< cases of schemas that refer to what is not in them, or are in a dialect that is
  std::string faults;
};

void try_group(const json::object& group, std::string_view draft, std::string_view file,
               Score& score) {
  json::value source = *json::find(group, "schema");
  // The suite's folder says which draft it is; draft 7 is read only where the schema says so
  // itself.
  if (draft == "draft7" && source.is_object() && !source.get_object().contains("$schema")) {
    source.get_object()["$schema"] = "http://json-schema.org/draft-07/schema#";
  }
  const auto schema = Schema::create(source);
  const auto& cases = *json::array_at(group, "tests");
  const std::string_view refusal = schema ? "" : std::string_view(schema.error().message);
  if (refusal.contains("is not in this document") ||
      refusal.contains("the schema dialect `localhost")) {
    score.remote += static_cast<int>(cases.size());
    return;
  }
  for (const auto& item : cases) {
    const auto& one = item.get_object();
    const bool fits = schema && !schema->check(*json::find(one, "data"));
    if (schema && fits == json::bool_at(one, "valid")) {
      ++score.passed;
    } else {
      ++score.failed;
      score.faults += std::format("\n  {}: {}: {}{}", file, json::string_at(group, "description"),
                                  json::string_at(one, "description"),
                                  schema ? "" : ": " + schema.error().message);
    }
  }
}

Score try_draft(const std::string& draft) {
  Score score;
  for (const auto& file : std::filesystem::directory_iterator(kSuite / draft)) {
    if (file.path().extension() != ".json") continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    const json::value groups = json::parse(text.str()).value();
    for (const auto& group : groups.get_array()) {
      try_group(group.get_object(), draft, file.path().filename().string(), score);
    }
  }
  log::info("{}: {} passed, {} failed, {} refused because they refer to other documents", draft,
            score.passed, score.failed, score.remote);
  return score;
}

class SchemaSuite : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kSuite)) GTEST_SKIP() << "the test suite is not at " << kSuite;
  }
};

TEST_F(SchemaSuite, EveryMandatoryCaseOf202012) {
  const Score score = try_draft("draft2020-12");
  EXPECT_EQ(score.failed, 0) << score.faults;
  EXPECT_GE(score.passed, 1'200);
}

TEST_F(SchemaSuite, EveryMandatoryCaseOfDraft7) {
  const Score score = try_draft("draft7");
  EXPECT_EQ(score.failed, 0) << score.faults;
  EXPECT_GE(score.passed, 850);
}

}  // namespace
}  // namespace weft
