#include "weft/ml/jobs/object_place.h"

#include <gtest/gtest.h>

namespace weft::ml {
namespace {

TEST(ObjectPlace, BehindThePrefix) {
  EXPECT_EQ(object_place("m/a/b.bin", "m/"), "a/b.bin");
  EXPECT_EQ(object_place("m/a/b.bin", "m"), "a/b.bin");
  EXPECT_EQ(object_place("x/m/b.bin", "x/m"), "b.bin");
  EXPECT_EQ(object_place("b.bin", ""), "b.bin");
  EXPECT_EQ(object_place("m/model.bin", "m/mod"), "model.bin");
  EXPECT_EQ(object_place("m/model.bin", "m/model.bin"), "model.bin");
}

TEST(ObjectPlace, NoKeyLeavesTheFolder) {
  EXPECT_EQ(object_place("m/../b", "m/"), std::nullopt);
  EXPECT_EQ(object_place("m//b", "m/"), std::nullopt);
  EXPECT_EQ(object_place("m/./b", "m/"), std::nullopt);
  EXPECT_EQ(object_place("m/", "m/"), std::nullopt);
  EXPECT_EQ(object_place("m/a/", "m/"), std::nullopt);
  EXPECT_EQ(object_place("/etc/passwd", ""), std::nullopt);
  EXPECT_EQ(object_place("m/" + std::string(256, 'a'), "m/"), std::nullopt);
  EXPECT_EQ(object_place("n/a", "m/"), std::nullopt);
}

}  // namespace
}  // namespace weft::ml
