#include "weft/ml/algorithms/protobuf.h"

#include <gtest/gtest.h>

namespace weft::ml {
namespace {

using namespace std::string_view_literals;

// The examples of the encoding's own description (protobuf.dev, "Encoding").
TEST(Protobuf, FieldsOfEveryType) {
  ProtoFields varint("\x08\x96\x01"sv);
  const auto number = varint.next();
  ASSERT_TRUE(number && *number);
  EXPECT_EQ((*number)->number, 1U);
  EXPECT_EQ((*number)->value, 150U);
  EXPECT_FALSE(varint.next()->has_value());
  ProtoFields text("\x12\x07testing\x1d\x01\x02\x03\x04\x21\1\2\3\4\5\6\7\x08"sv);
  EXPECT_EQ((*text.next())->bytes, "testing");
  EXPECT_EQ((*text.next())->bytes.size(), 4U);
  EXPECT_EQ((*text.next())->bytes.size(), 8U);
  EXPECT_TRUE(text.empty());
  ProtoFields packed("\x03\x8e\x02\x9e\xa7\x05"sv);
  EXPECT_EQ(packed.number().value_or(0), 3U);
  EXPECT_EQ(packed.number().value_or(0), 270U);
  EXPECT_EQ(packed.number().value_or(0), 86942U);
}

TEST(Protobuf, WhatIsNoneIsSaid) {
  const auto why = [](std::string_view bytes) {
    const auto field = ProtoFields(bytes).next();
    return field ? std::string() : field.error().message;
  };
  EXPECT_EQ(why("\x08"sv), "it is cut off");
  EXPECT_EQ(why("\x12\x07test"sv), "it is cut off");
  EXPECT_EQ(why("\x0b"sv), "a field of it has no type");
  EXPECT_EQ(why("\x00\x01"sv), "a field of it has no number");
  EXPECT_EQ(why("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv), "a number of it is too long");
}

}  // namespace
}  // namespace weft::ml
