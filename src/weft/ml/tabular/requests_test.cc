#include "weft/ml/tabular/requests.h"

#include <gtest/gtest.h>

#include <cmath>

#include "weft/wire/aialgs_record.h"
#include "weft/wire/recordio.h"

namespace weft::ml {
namespace {

std::vector<float> values(std::string_view type, std::string_view body) {
  const auto rows = read_rows(type, body, 0);
  EXPECT_TRUE(rows.has_value()) << rows.error().message;
  return rows ? rows->values : std::vector<float>();
}

std::string why(std::string_view type, std::string_view body) {
  const auto rows = read_rows(type, body, 0);
  if (rows) return "";
  EXPECT_EQ(rows.error().reason, Reason::content_type);
  return rows.error().message;
}

TEST(Requests, TheSameRowsInEveryFormat) {
  const std::vector<float> wanted = {1, 2.5, 3, 4};
  EXPECT_EQ(values("text/csv", "1,2.5\n3,4\n"), wanted);
  EXPECT_EQ(values("", "1,2.5\n3,4"), wanted);
  EXPECT_EQ(values("TEXT/CSV; header=absent", "1 2.5\n3 4"), wanted);
  EXPECT_EQ(
      values("application/json", R"({"instances":[{"features":[1,2.5]},{"features":[3,4]}]})"),
      wanted);
  EXPECT_EQ(values("application/json", "[[1,2.5],[3,4]]"), wanted);
  EXPECT_EQ(values("application/json",
                   R"({"instances":[{"data":{"features":{"values":[1,2.5]}}},[3,4]]})"),
            wanted);
  EXPECT_EQ(values("application/jsonlines", "{\"features\":[1,2.5]}\n\n[3,4]\n"), wanted);
  EXPECT_EQ(values("text/libsvm", "0:1 1:2.5\n0:3 1:4"), wanted);
  std::string records;
  wire::write_record(records, wire::write_aialgs_record({{1, 2.5}, {}, {}}, std::nullopt));
  wire::write_record(records, wire::write_aialgs_record({{3, 4}, {}, {}}, 1));
  EXPECT_EQ(values("application/x-recordio-protobuf", records), wanted);
  EXPECT_EQ(values("application/json", "[1,2.5]").size(), 2U);
  EXPECT_TRUE(std::isnan(values("application/json", "[null,1]").at(0)));
}

TEST(Requests, LibsvmThatCountsFromOne) {
  EXPECT_EQ(read_rows("text/libsvm", "0 1:5 3:7", 3)->indices, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(read_rows("text/libsvm", "1:5 2:7", 3)->indices, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(read_rows("text/libsvm", "1:5 3:7", 0)->indices, (std::vector<std::uint32_t>{1, 3}));
}

TEST(Requests, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(why("text/csv", "1,x"),
            "Loading csv data failed with Exception, please ensure data is in csv format:\n line "
            "1, column 2: `x` is not a number");
  EXPECT_TRUE(why("application/json", "{").starts_with("Loading json data failed"));
  EXPECT_TRUE(why("application/json", "[[1,2],[3]]")
                  .ends_with("instance 2: 1 features; the first one has 2"));
  EXPECT_TRUE(
      why("application/json", R"([["a"]])").ends_with("instance 1: `\"a\"` is not a number"));
  EXPECT_TRUE(why("application/json", R"({"rows":1})").contains("a row is [1, 2, …]"));
  EXPECT_TRUE(why("text/libsvm", "1:1 b").starts_with("Loading libsvm data failed"));
  EXPECT_TRUE(why("application/x-recordio-protobuf", "hello").starts_with("Loading recordio"));
  EXPECT_TRUE(why("image/png", "x").starts_with("Content-type image/png not supported."));
}

std::string answer(std::string_view accept, std::vector<float> scores, std::size_t width = 1) {
  const auto out = write_scores(accept, {.values = scores, .width = width});
  EXPECT_TRUE(out.has_value()) << out.error().message;
  return out ? std::string(out->type) + "|" + out->body : "";
}

TEST(Requests, AnswersInEveryFormat) {
  // 0.28583333 is no double: its nearest float is, and Python shows that as a double.
  EXPECT_EQ(answer("", {0.28583333F, 1, -2}), "text/csv|0.28583332896232605,1.0,-2.0");
  EXPECT_EQ(answer("*/*", {0.5F, 0.25F, 0.75F, 0.25F}, 2), "text/csv|[0.5, 0.25],[0.75, 0.25]");
  EXPECT_EQ(answer("application/json", {0.5F, NAN}),
            R"(application/json|{"predictions":[{"score":0.5},{"score":null}]})");
  EXPECT_EQ(answer("image/png, application/jsonlines;q=0.5", {0.5F, 2, 1, 1}, 2),
            "application/jsonlines|{\"score\":[0.5,2.0]}\n{\"score\":[1.0,1.0]}\n");
  const std::string records = answer("application/x-recordio-protobuf", {0.5F, 2});
  wire::RecordReader reader(std::string_view(records).substr(records.find('|') + 1));
  const auto record = wire::read_aialgs_record(reader.next()->value());
  EXPECT_EQ(record->label->values, std::vector<float>{0.5F});
  const auto refused = write_scores("image/png", {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().reason, Reason::unsupported);
}

TEST(Requests, NumbersAsPythonWritesThem) {
  const auto shown = [](double value) {
    std::string out;
    append_number(out, value);
    return out;
  };
  for (const auto& [value, text] : {std::pair<double, const char*>{0, "0.0"},
                                    {1, "1.0"},
                                    {-0.1, "-0.1"},
                                    {1e-4, "0.0001"},
                                    {1e-5, "1e-05"},
                                    {123456789, "123456789.0"},
                                    {1e15, "1000000000000000.0"},
                                    {1e16, "1e+16"},
                                    {1.5e300, "1.5e+300"},
                                    {INFINITY, "inf"},
                                    {-INFINITY, "-inf"},
                                    {NAN, "nan"}}) {
    EXPECT_EQ(shown(value), text);
  }
}

}  // namespace
}  // namespace weft::ml
