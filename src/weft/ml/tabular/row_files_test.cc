#include "weft/ml/tabular/row_files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <format>
#include <fstream>

#include "weft/store/testing/directory.h"
#include "weft/wire/aialgs_record.h"
#include "weft/wire/recordio.h"

namespace weft::ml {
namespace {

struct Channel {
  store::testing::TemporaryDirectory folder;
  void add(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  /// All rows, or why not.
  Result<Rows> read(RowFilesOptions options) const {
    WEFT_TRY(RowFiles files, RowFiles::open(folder.path(), options));
    Rows out;
    WEFT_CHECK(add_rows(files, out));
    return out;
  }
  std::string why(RowFilesOptions options) const {
    const auto rows = read(options);
    return rows ? std::string() : rows.error().message;
  }
};

constexpr RowFilesOptions kCsv{.format = TableFormat::csv};
constexpr RowFilesOptions kLibsvm{.format = TableFormat::libsvm};
constexpr RowFilesOptions kRecords{.format = TableFormat::recordio};

TEST(RowFiles, FilesInTheOrderOfTheirNames) {
  const Channel channel;
  channel.add("b.csv", "3,30,300\n");
  channel.add("a.csv", "1,10,100\n2,20,200");
  channel.add("deep/c.csv", "4,40,\n");
  channel.add("_SUCCESS", "not,data");
  channel.add(".hidden", "x");
  const auto rows = channel.read(kCsv);
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  EXPECT_EQ(rows->labels, (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(rows->columns, 2U);
  ASSERT_EQ(rows->values.size(), 8U);
  EXPECT_EQ(rows->values[5], 300);
  EXPECT_TRUE(std::isnan(rows->values[7]));
}

TEST(RowFiles, TheSameInBlocksOfAnySize) {
  const Channel channel;
  std::string csv;
  std::string libsvm;
  for (int i = 0; i < 200; ++i) {
    csv += std::format("{},{},{}\n", i, i * 2, i * 3);
    libsvm += std::format("{} 1:{} {}:1\n", i, i, i % 7 + 2);
  }
  channel.add("a", csv);
  const Channel sparse;
  sparse.add("a", libsvm);
  const auto whole = channel.read(kCsv);
  const auto whole_sparse = sparse.read(kLibsvm);
  for (const std::size_t block : {1U, 10U, 100U, 5000U}) {
    const auto pieces = channel.read({.format = TableFormat::csv, .block_bytes = block});
    EXPECT_EQ(pieces->values, whole->values) << block;
    EXPECT_EQ(pieces->labels, whole->labels) << block;
    const auto parts = sparse.read({.format = TableFormat::libsvm, .block_bytes = block});
    EXPECT_EQ(parts->values, whole_sparse->values) << block;
    EXPECT_EQ(parts->indices, whole_sparse->indices) << block;
    EXPECT_EQ(parts->row_begin, whole_sparse->row_begin) << block;
  }
  EXPECT_EQ(whole->rows(), 200U);
  EXPECT_EQ(whole_sparse->columns, 9U);
}

TEST(RowFiles, WeightsInTheSecondColumn) {
  const Channel channel;
  channel.add("a", "1,0.5,7\n2,0.25,8\n");
  const auto rows = channel.read({.format = TableFormat::csv, .weights_in_csv = true});
  EXPECT_EQ(rows->weights, (std::vector<float>{0.5, 0.25}));
  EXPECT_EQ(rows->values, (std::vector<float>{7, 8}));
}

TEST(RowFiles, AllRowsHaveAWeightOrNone) {
  for (const auto& [first, second, what] :
       {std::tuple("1:2 0:1\n", "1 0:1\n", "weight"), std::tuple("1 0:1\n", "1:2 0:1\n", "weight"),
        std::tuple("1 qid:1 0:1\n", "1 0:1\n", "qid")}) {
    const Channel channel;
    channel.add("a", first);
    channel.add("b", second);
    EXPECT_EQ(channel.why(kLibsvm),
              std::format("b: some of its rows, or those of the files before it, have a {} and "
                          "some have none",
                          what));
  }
}

TEST(RowFiles, RowsOfAnotherChannelWithoutAWeightHaveOne) {
  const Channel with;
  with.add("a", "1,0.5,7\n2,0.25,8\n");
  const Channel without;
  without.add("a", "3,9\n");
  for (const bool weights_first : {true, false}) {
    Rows all;
    for (const bool weights : {weights_first, !weights_first}) {
      auto files = RowFiles::open((weights ? with : without).folder.path(),
                                  {.format = TableFormat::csv, .weights_in_csv = weights});
      ASSERT_TRUE(files && add_rows(*files, all));
    }
    EXPECT_EQ(all.weights, weights_first ? (std::vector<float>{0.5, 0.25, 1})
                                         : (std::vector<float>{1, 0.5, 0.25}));
  }
}

TEST(RowFiles, Records) {
  const Channel channel;
  std::string bytes;
  wire::write_record(bytes, wire::write_aialgs_record({{1, 2}, {}, {}}, 7));
  wire::write_record(bytes, wire::write_aialgs_record({{3, 4}, {}, {}}, 8));
  channel.add("a", bytes);
  for (const std::size_t block : {1U, 1000U}) {
    const auto rows = channel.read({.format = TableFormat::recordio, .block_bytes = block});
    EXPECT_EQ(rows->values, (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(rows->labels, (std::vector<float>{7, 8}));
  }
  const Channel sparse;
  bytes.clear();
  wire::write_record(bytes, wire::write_aialgs_record({{5}, {3}, {10}}, 1));
  wire::write_record(bytes, wire::write_aialgs_record({{}, {}, {10}}, 0));
  sparse.add("a", bytes);
  const auto rows = sparse.read(kRecords);
  EXPECT_TRUE(rows->sparse);
  EXPECT_EQ(rows->columns, 10U);
  EXPECT_EQ(rows->row_begin, (std::vector<std::uint64_t>{0, 1, 1}));
}

TEST(RowFiles, WhatIsBrokenIsNamedWithItsFile) {
  const Channel numbers;
  numbers.add("x.csv", "1,2\n3,y\n");
  EXPECT_EQ(numbers.why(kCsv), "x.csv: line 2, column 2: `y` is not a number");
  const Channel widths;
  widths.add("a.csv", "1,2\n");
  widths.add("b.csv", "1,2,3\n");
  EXPECT_EQ(widths.why(kCsv), "b.csv: its rows have 2 features, those of the files before it 1");
  const Channel labels;
  labels.add("a.csv", "1\n2\n");
  EXPECT_EQ(labels.why(kCsv),
            "a.csv: line 1, column 1: a row needs a label and one feature at least; it has 1 "
            "field");
  const Channel records;
  std::string bytes;
  wire::write_record(bytes, wire::write_aialgs_record({{1}, {}, {}}, 1));
  wire::write_record(bytes, wire::write_aialgs_record({{1}, {}, {}}, std::nullopt));
  records.add("r.pb", bytes);
  EXPECT_EQ(records.why(kRecords), "r.pb: record 2: a record without a label");
  const Channel sparse;
  sparse.add("a.libsvm", "1 1:1\n1 z\n");
  EXPECT_EQ(sparse.why(kLibsvm), "a.libsvm: line 2, column 3: `z` is not `column:value`");
}

TEST(TableFormats, ContentTypes) {
  EXPECT_EQ(table_format_from("").value(), TableFormat::libsvm);
  EXPECT_EQ(table_format_from("text/csv; label_size=1;charset=utf8").value(), TableFormat::csv);
  EXPECT_EQ(table_format_from("TEXT/X-LIBSVM ; charset=utf8").value(), TableFormat::libsvm);
  EXPECT_EQ(table_format_from("application/x-recordio-protobuf").value(), TableFormat::recordio);
  EXPECT_EQ(table_format_from("text/csv;label_size=0").error().message,
            "text/csv;label_size=0 is not an accepted csv ContentType. Optional parameter "
            "label_size must be equal to 1");
  EXPECT_TRUE(table_format_from("application/x-rows")
                  .error()
                  .message.starts_with("application/x-rows is not an accepted ContentType: csv"));
  EXPECT_EQ(table_format_from("application/x-parquet").error().message,
            "application/x-parquet is not supported by weft: write the data as csv or "
            "recordio-protobuf");
}

}  // namespace
}  // namespace weft::ml
