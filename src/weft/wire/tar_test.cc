#include "weft/wire/tar.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

TEST(Tar, WhatIsWrittenIsReadBack) {
  const std::string folder(150, 'f');
  for (const std::string& name :
       {std::string("train.py"), std::string(100, 'n'), "lib/" + std::string(99, 'n'),
        folder + "/" + std::string(100, 'n')}) {
    const auto block = tar_block(name, 1'234'567);
    ASSERT_TRUE(block.has_value()) << name;
    ASSERT_EQ(block->size(), kTarBlockBytes);
    const auto entry = read_tar_block(*block);
    ASSERT_TRUE(entry.has_value() && *entry) << name;
    EXPECT_EQ((*entry)->name, name);
    EXPECT_EQ((*entry)->bytes, 1'234'567U);
    EXPECT_TRUE((*entry)->regular);
  }
  EXPECT_FALSE(tar_block(std::string(101, 'n'), 1).has_value());
  EXPECT_FALSE(tar_block("large", std::uint64_t{1} << 33).has_value());
  EXPECT_FALSE(tar_block("", 1).has_value());
}

TEST(Tar, ZerosAreTheEndAndOtherBytesAreNone) {
  const auto end = read_tar_block(std::string(kTarBlockBytes, '\0'));
  ASSERT_TRUE(end.has_value());
  EXPECT_FALSE(end->has_value());
  EXPECT_FALSE(read_tar_block(std::string(kTarBlockBytes, 'x')).has_value());
  std::string damaged = tar_block("a", 1).value();
  damaged[0] = 'b';
  EXPECT_FALSE(read_tar_block(damaged).has_value());
}

TEST(Tar, FoldersAreNoFiles) {
  const auto entry = read_tar_block(tar_block("folder/", 0).value());
  ASSERT_TRUE(entry.has_value() && *entry);
  EXPECT_FALSE((*entry)->regular);
}

TEST(Tar, EntriesAreFilledUp) {
  EXPECT_EQ(tar_padding(0), 0U);
  EXPECT_EQ(tar_padding(1), 511U);
  EXPECT_EQ(tar_padding(512), 0U);
}

}  // namespace
}  // namespace weft::wire
