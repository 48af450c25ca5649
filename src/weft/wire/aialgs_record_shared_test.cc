// The samples of SageMaker's own container, where they are at hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "weft/wire/aialgs_record.h"
#include "weft/wire/csv.h"
#include "weft/wire/libsvm.h"
#include "weft/wire/recordio.h"

namespace weft::wire {
namespace {

const std::filesystem::path kData = std::filesystem::path(WEFT_SOURCE) / "../shared/data/tabular";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<AialgsRecord> records_of(const std::filesystem::path& file) {
  const std::string bytes = text_of(file);
  std::vector<AialgsRecord> out;
  RecordReader reader(bytes);
  while (true) {
    const auto bytes_of_one = reader.next();
    if (!bytes_of_one) {
      ADD_FAILURE() << file << ": " << bytes_of_one.error().message;
      return out;
    }
    if (!*bytes_of_one) return out;
    const auto record = read_aialgs_record(**bytes_of_one);
    if (!record) {
      ADD_FAILURE() << file << ": " << record.error().message;
      return out;
    }
    out.push_back(*record);
  }
}

TEST(TabularSamples, EveryRecordFileIsRead) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  int files = 0;
  for (const auto& each : std::filesystem::directory_iterator(kData / "formats")) {
    const std::string extension = each.path().extension();
    if (extension != ".pb" && extension != ".pbr") continue;
    ++files;
    const auto records = records_of(each.path());
    EXPECT_FALSE(records.empty()) << each.path();
    for (const AialgsRecord& record : records) {
      EXPECT_TRUE(record.features.has_value()) << each.path();
      EXPECT_TRUE(record.label.has_value()) << each.path();
    }
  }
  EXPECT_EQ(files, 12);
}

TEST(TabularSamples, TheSameRowsInEachFormat) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  const auto dense = records_of(kData / "formats/recordio_protobuf__train.pb");
  const auto sparse = records_of(kData / "formats/recordio_protobuf__sparse__train.pb");
  std::vector<float> values;
  CsvReader csv(',');
  const auto rows = csv.read(text_of(kData / "formats/csv__train.csv"), values);
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  ASSERT_EQ(csv.columns(), 6U);
  ASSERT_EQ(dense.size(), *rows);
  ASSERT_EQ(sparse.size(), *rows);
  for (std::size_t row = 0; row < *rows; ++row) {
    const std::vector<float> features(values.begin() + static_cast<std::ptrdiff_t>(row * 6 + 1),
                                      values.begin() + static_cast<std::ptrdiff_t>(row * 6 + 6));
    EXPECT_EQ(dense[row].features->values, features) << row;
    EXPECT_EQ(dense[row].label->values.at(0), values[row * 6]) << row;
    std::vector<float> spread(5, 0);
    const RecordTensor& tensor = *sparse[row].features;
    for (std::size_t i = 0; i < tensor.keys.size(); ++i)
      spread.at(tensor.keys[i]) = tensor.values[i];
    EXPECT_EQ(spread, features) << row;
  }
}

TEST(TabularSamples, Mushrooms) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no data beside the checkout";
  LibsvmReader reader(LibsvmReader::Labels::needed);
  SparseRows rows;
  const auto count = reader.read(text_of(kData / "agaricus.txt.train"), rows);
  ASSERT_TRUE(count.has_value()) << count.error().message;
  EXPECT_EQ(*count, 6513U);
  EXPECT_EQ(rows.columns_end(), 127U);
  EXPECT_EQ(rows.values.size(), 6513U * 22);
}

}  // namespace
}  // namespace weft::wire
