#include "weft/ml/serving/solution_id.h"

#include <gtest/gtest.h>

#include <set>

#include "weft/base/ids.h"
#include "weft/base/limits.h"

namespace weft::ml {
namespace {

using Ids = std::set<std::string, std::less<>>;

std::string id_of(std::string_view owner, std::string_view name, const Ids& taken = {}) {
  return solution_id_of(owner, name, [&](std::string_view id) { return taken.contains(id); });
}

TEST(SolutionIds, AreTheNameWhereItCanBeOne) {
  EXPECT_EQ(id_of("ann", "fraud"), "fraud");
  EXPECT_EQ(id_of("ann", "My-Endpoint"), "my-endpoint");
  EXPECT_EQ(id_of("ann", std::string(40, 'a')), std::string(40, 'a'));
}

TEST(SolutionIds, OfTwoWithOneNameTheSecondHasItsOwnersBehindIt) {
  EXPECT_EQ(id_of("bob", "fraud", {"fraud"}), "fraud-bob");
  const std::string third = id_of("bob", "fraud", {"fraud", "fraud-bob"});
  EXPECT_TRUE(third.starts_with("fraud-")) << third;
  EXPECT_NE(id_of("eve", "fraud", {"fraud", "fraud-eve"}), third);
}

/// The SDK's own default names: kind of model, then the time to the millisecond.
TEST(SolutionIds, LongNamesThatBeginAlikeAreTwo) {
  Ids ids;
  for (const char* each : {"huggingface-pytorch-inference-2026-11-28-00-33-12-123",
                           "huggingface-pytorch-inference-2026-11-28-09-01-02-777",
                           "huggingface-pytorch-inference-2026-11-28-09-01-02-778",
                           "sagemaker-scikit-learn-2026-11-28-00-33-12-123",
                           "sagemaker-scikit-learn-2026-11-28-00-33-12-124"}) {
    const std::string id = id_of("ann", each);
    EXPECT_LE(id.size(), kSolutionIdCharsMax);
    EXPECT_EQ(slug(id), id);
    EXPECT_TRUE(ids.insert(id).second) << id;
    // Whoever was there first: it is the same in every life.
    EXPECT_EQ(id_of("ann", each, {"fraud"}), id);
  }
}

TEST(SolutionIds, AreFoundHoweverManyAreTaken) {
  Ids taken;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(taken.insert(id_of("ann", "fraud", taken)).second);
}

}  // namespace
}  // namespace weft::ml
