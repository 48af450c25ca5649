#include "weft/wire/libsvm.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

using Labels = LibsvmReader::Labels;

struct Read {
  SparseRows rows;
  std::string why;
};

Read read(std::initializer_list<std::string_view> blocks, Labels labels = Labels::needed) {
  Read out;
  LibsvmReader reader(labels);
  for (const std::string_view block : blocks) {
    const auto count = reader.read(block, out.rows);
    if (!count) {
      out.why = count.error().message;
      break;
    }
  }
  return out;
}

TEST(Libsvm, Rows) {
  const auto [rows, why] = read({"1 3:1 10:0.5\n0\n", "-1.5 0:2 # a note\n\n# all of it\n"});
  EXPECT_EQ(why, "");
  EXPECT_EQ(rows.labels, (std::vector<float>{1, 0, -1.5}));
  EXPECT_EQ(rows.row_begin, (std::vector<std::uint64_t>{0, 2, 2, 3}));
  EXPECT_EQ(rows.columns, (std::vector<std::uint32_t>{3, 10, 0}));
  EXPECT_EQ(rows.values, (std::vector<float>{1, 0.5, 2}));
  EXPECT_EQ(rows.columns_begin(), 0U);
  EXPECT_EQ(rows.columns_end(), 11U);
  EXPECT_TRUE(rows.weights.empty());
}

TEST(Libsvm, WeightsAndGroups) {
  const auto [rows, why] = read({"1:0.5 qid:7 1:1\r\n0:2 qid:7\t2:1\r\n"});
  EXPECT_EQ(why, "");
  EXPECT_EQ(rows.weights, (std::vector<float>{0.5, 2}));
  EXPECT_EQ(rows.groups, (std::vector<std::uint32_t>{7, 7}));
  EXPECT_EQ(rows.columns, (std::vector<std::uint32_t>{1, 2}));
}

TEST(Libsvm, RequestsNeedNoLabel) {
  const auto bare = read({"1:1 2:2\n5:1"}, Labels::optional);
  EXPECT_EQ(bare.why, "");
  EXPECT_EQ(bare.rows.rows(), 2U);
  EXPECT_EQ(bare.rows.columns_begin(), 1U);
  EXPECT_TRUE(bare.rows.labels.empty());
  const auto labelled = read({"0 1:1 2:2\n1 5:1"}, Labels::optional);
  EXPECT_EQ(labelled.why, "");
  EXPECT_EQ(labelled.rows.labels.size(), 2U);
  EXPECT_EQ(labelled.rows.values, bare.rows.values);
}

TEST(Libsvm, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_EQ(read({"1 2:3\nx 1:1\n"}).why, "line 2, column 1: the label `x` is not a number");
  EXPECT_EQ(read({"1 2:3\n\n1 2\n"}).why, "line 3, column 3: `2` is not `column:value`");
  EXPECT_EQ(read({"1 2:y"}).why, "line 1, column 3: the value `y` is not a number");
  EXPECT_EQ(read({"1 -2:1"}).why, "line 1, column 3: the column `-2` is not a whole number");
  EXPECT_EQ(read({"1 4294967295:1"}).why,
            "line 1, column 3: the column `4294967295` is not a whole number");
  EXPECT_EQ(read({"1 :1"}).why, "line 1, column 3: the column `` is not a whole number");
  EXPECT_EQ(read({"1:z 1:1"}).why, "line 1, column 1: the weight `z` is not a number");
  EXPECT_EQ(read({"1:2 1:1\n1 1:1"}).why,
            "line 2, column 1: this row has no weight, those before it have");
  EXPECT_EQ(read({"1 1:1\n1:2 1:1"}).why,
            "line 2, column 1: this row has a weight, those before it have none");
  EXPECT_EQ(read({"1 qid:1 1:1\n1 1:1"}).why,
            "line 2, column 1: some rows have a qid and some have none");
  EXPECT_EQ(read({"1 1:1\n1 qid:1 1:1"}).why,
            "line 2, column 7: some rows have a qid and some have none");
  EXPECT_EQ(read({"1 qid:a 1:1"}).why, "line 1, column 7: the qid `a` is not a number");
  EXPECT_EQ(read({"1 1:1 qid:1"}).why, "line 1, column 7: the column `qid` is not a whole number");
  EXPECT_EQ(read({"1 1:1\n1:1"}, Labels::optional).why,
            "line 2, column 1: this row has no label, those before it have");
  EXPECT_EQ(read({"1:1\n1 1:1"}, Labels::optional).why,
            "line 2, column 1: this row has a label, those before it have none");
}

}  // namespace
}  // namespace weft::wire
