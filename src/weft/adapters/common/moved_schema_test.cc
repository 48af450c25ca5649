#include "weft/adapters/common/moved_schema.h"

#include <gtest/gtest.h>

#include "weft/base/schema.h"

namespace weft::adapters {
namespace {

json::value parsed(std::string_view text) { return json::parse(text).value(); }

TEST(MovedSchema, ReferencesFollow) {
  const auto moved =
      moved_schema(parsed(R"({"type":"array","items":{"$ref":"#/$defs/A"},"not":{"$ref":"#"},
                 "$defs":{"A":{"type":"integer"}}})"),
                   "#/properties/value");
  EXPECT_EQ(moved.at("items"), parsed(R"({"$ref":"#/properties/value/$defs/A"})"));
  EXPECT_EQ(moved.at("not"), parsed(R"({"$ref":"#/properties/value"})"));
}

TEST(MovedSchema, NamesAndDataAreNoReferences) {
  const auto moved =
      moved_schema(parsed(R"({"properties":{"default":{"$ref":"#/$defs/A"},"$ref":{"type":"string"},
                 "enum":{"$ref":"#/$defs/A"},"$id":{"$ref":"#/$defs/A"}},
                 "default":{"$ref":"#/a"},"enum":[{"$ref":"#/a"}],"$defs":{"A":{}}})"),
                   "#/properties/value");
  const json::value here = parsed(R"({"$ref":"#/properties/value/$defs/A"})");
  for (const std::string_view name : {"default", "enum", "$id"})
    EXPECT_EQ(moved.at("properties").at(name), here) << name;
  EXPECT_EQ(moved.at("properties").at("$ref"), parsed(R"({"type":"string"})"));
  EXPECT_EQ(moved.at("default"), parsed(R"({"$ref":"#/a"})"));
  EXPECT_EQ(moved.at("enum"), parsed(R"([{"$ref":"#/a"}])"));
}

TEST(MovedSchema, WhatIsFoundWithoutARootStays) {
  for (const std::string_view schema :
       {R"({"$ref":"#anchor"})", R"({"$ref":"https://example.com/a#/b"})",
        R"({"$id":"https://example.com/a","items":{"$ref":"#/$defs/A"},"$defs":{"A":{}}})",
        R"({"anyOf":[{"$id":"https://example.com/a","items":{"$ref":"#/b"}}]})", "true"}) {
    EXPECT_EQ(moved_schema(parsed(schema), "#/properties/value"), parsed(schema)) << schema;
  }
}

TEST(MovedSchema, StillMeansTheSame) {
  json::value whole = parsed(R"({"type":"object","properties":{}})");
  whole.at("properties").get_object()["value"] = moved_schema(
      parsed(R"({"type":"array","items":{"$ref":"#/$defs/A"},"$defs":{"A":{"type":"integer"}}})"),
      "#/properties/value");
  const auto schema = Schema::create(whole);
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_FALSE(schema->check(parsed(R"({"value":[1,2]})")));
  EXPECT_TRUE(schema->check(parsed(R"({"value":["a"]})")));
}

}  // namespace
}  // namespace weft::adapters
