#include "weft/wire/aialgs_record.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

using namespace std::string_literals;

RecordTensor features_of(std::string_view bytes) {
  const auto record = read_aialgs_record(bytes);
  EXPECT_TRUE(record.has_value()) << record.error().message;
  return record && record->features ? *record->features : RecordTensor{};
}

/// Record{features{"values": Value{field: tensor}}}
std::string record_of(std::uint8_t field, const std::string& tensor) {
  const auto nested = [](std::uint8_t number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  };
  return nested(1, nested(1, "values") + nested(2, nested(field, tensor)));
}

TEST(AialgsRecord, BothWays) {
  const RecordTensor dense{.values = {1, -2.5, 0}, .keys = {}, .shape = {}};
  const RecordTensor sparse{.values = {1, 2}, .keys = {0, 300}, .shape = {1000}};
  for (const RecordTensor& tensor : {dense, sparse}) {
    const auto read = read_aialgs_record(write_aialgs_record(tensor, 7));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->features, tensor);
    EXPECT_EQ(read->label.value().values, std::vector<float>{7});
  }
  EXPECT_FALSE(read_aialgs_record(write_aialgs_record(dense, std::nullopt))->label.has_value());
}

TEST(AialgsRecord, TheThreeKindsOfNumbers) {
  EXPECT_EQ(features_of(record_of(2, "\x0a\x04\x00\x00\x80\x3f"s)).values, std::vector<float>{1});
  EXPECT_EQ(features_of(record_of(3, "\x0a\x08\x00\x00\x00\x00\x00\x00\xf0\xbf"s)).values,
            std::vector<float>{-1});
  EXPECT_EQ(features_of(record_of(7, "\x0a\x02\x01\x7f"s)).values, (std::vector<float>{1, 127}));
  // -1 as int32 takes ten bytes.
  EXPECT_EQ(features_of(record_of(7, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s)).values,
            std::vector<float>{-1});
  // Not packed, as a proto2 writer may do.
  EXPECT_EQ(features_of(record_of(2, "\x0d\x00\x00\x80\x3f\x0d\x00\x00\x00\x40"s)).values,
            (std::vector<float>{1, 2}));
}

TEST(AialgsRecord, ASparseRowOfZeros) {
  const RecordTensor row = features_of(record_of(7, "\x1a\x01\x03"s));
  EXPECT_TRUE(row.sparse());
  EXPECT_EQ(row.shape, std::vector<std::uint64_t>{3});
}

TEST(AialgsRecord, WhatIsWrongIsNamed) {
  const auto why = [](std::string_view bytes) {
    const auto record = read_aialgs_record(bytes);
    return record ? std::string() : record.error().message;
  };
  EXPECT_EQ(why("hello"), "it is no protobuf message");
  EXPECT_EQ(why("\x0a\x7f"s), "a message of it is cut off");
  EXPECT_EQ(why(record_of(9, "\x0a\x01x")), "bytes where numbers are needed");
  EXPECT_EQ(why(record_of(2, "\x0a\x03\x00\x00\x80"s)), "packed values of it are cut off");
  EXPECT_EQ(why(record_of(2, "\x08\x01"s)), "values of another type than their tensor's");
  EXPECT_EQ(why(record_of(7, "\x0a\x02\x01\x01\x12\x01\x00"s)),
            "a sparse tensor needs as many keys as values");
  EXPECT_EQ(why(record_of(7, "\x0a\x01\x01\x12\x01\x05\x1a\x01\x05"s)),
            "a key of a sparse tensor is past its shape");
  EXPECT_EQ(why(record_of(11, "")), "a value without a tensor");
}

}  // namespace
}  // namespace weft::wire
