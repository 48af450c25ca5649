#include "weft/base/schema.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/base/limits.h"

namespace weft {
namespace {

Schema compiled(std::string_view text) {
  auto schema = Schema::create(json::parse(text).value());
  EXPECT_TRUE(schema) << (schema ? "" : schema.error().message);
  return std::move(schema).value();
}

/// "PATH: WORDS" of the fault, or "fits".
std::string verdict(std::string_view schema, std::string_view instance) {
  const auto fault = compiled(schema).check(json::parse(instance).value());
  return fault ? std::format("{}: {}", fault->path, fault->message) : "fits";
}

Error refusal(std::string_view schema) {
  const auto made = Schema::create(json::parse(schema).value());
  EXPECT_FALSE(made) << schema;
  return made ? Error{} : made.error();
}

constexpr std::string_view kPayment = R"({
  "type": "object",
  "properties": {
    "account": {"type": "string", "minLength": 2, "pattern": "^[A-Z]+$"},
    "amount": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01},
    "lines": {"type": "array", "maxItems": 2, "uniqueItems": true,
              "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    "kind": {"enum": ["now", "later"]},
    "to": {"anyOf": [{"type": "string"}, {"type": "null"}]}
  },
  "required": ["account"],
  "additionalProperties": false
})";

TEST(Schema, SaysInWordsWhatDoesNotFitAndWhere) {
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "amount": 0.3, "to": null})"), "fits");
  EXPECT_EQ(verdict(kPayment, "[]"), ": expected object, got array");
  EXPECT_EQ(verdict(kPayment, "{}"), R"(: missing required property "account")");
  EXPECT_EQ(verdict(kPayment, R"({"account": 5})"), "/account: expected string, got integer");
  EXPECT_EQ(verdict(kPayment, R"({"account": "A"})"),
            "/account: expected at least 2 characters, got 1");
  EXPECT_EQ(verdict(kPayment, R"({"account": "ab"})"),
            "/account: expected text that matches ^[A-Z]+$, got \"ab\"");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "amount": 0})"),
            "/amount: expected more than 0, got 0");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "amount": 0.001})"),
            "/amount: expected a multiple of 0.01, got 0.001");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "lines": [{"n": 1}, {"n": 1.5}]})"),
            "/lines/1/n: expected integer, got number");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "lines": [{"n": 1}, {"n": 1.0}]})"),
            "/lines: items 0 and 1 are the same");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "kind": "never"})"),
            R"(/kind: expected one of "now", "later", got "never")");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "to": 5})"),
            "/to: expected string or null, got integer");
  EXPECT_EQ(verdict(kPayment, R"({"account": "AB", "x/y": 5})"),
            R"(: the property "x/y" is not known)");
}

TEST(Schema, RequireTellsThePath) {
  const auto refused = compiled(kPayment).require(json::parse(R"({"account": 5})").value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, Reason::invalid_argument);
  EXPECT_EQ(refused.error().param, "/account");
  EXPECT_EQ(refused.error().message, "/account: expected string, got integer");
}

TEST(Schema, ReadsDraft7WhereItSaysSo) {
  const std::string_view schema = R"({"$schema": "http://json-schema.org/draft-07/schema#",
    "items": [{"type": "integer"}], "additionalItems": false, "definitions": {"a": {"$id": "#a", "type": "null"}},
    "dependencies": {"x": ["y"]}})";
  EXPECT_EQ(verdict(schema, "[1]"), "fits");
  EXPECT_EQ(verdict(schema, "[1, 2]"), "/1: nothing is allowed here");
  EXPECT_EQ(verdict(schema, R"({"x": 1})"), R"(: missing property "y", which "x" requires)");
}

TEST(Schema, NothingIsFetched) {
  const Error error = refusal(R"({"properties": {"a": {"$ref": "http://127.0.0.1:1/x.json#/a"}}})");
  EXPECT_EQ(error.reason, Reason::unsupported);
  EXPECT_NE(error.message.find("/properties/a/$ref"), std::string::npos) << error.message;
  EXPECT_EQ(refusal(R"({"$ref": "file:///etc/passwd"})").reason, Reason::unsupported);
}

TEST(Schema, RefusesWhatIsNoSchema) {
  EXPECT_EQ(
      refusal("5").message,
      "the JSON Schema is wrong at its root: a schema is an object, true or false, not integer");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"minimum": "5"}}})").message,
            "the JSON Schema is wrong at /properties/a/minimum: must be a number");
  EXPECT_EQ(refusal(R"({"type": "text"})").message,
            "the JSON Schema is wrong at /type: `text` is not a type");
  EXPECT_EQ(refusal(R"({"multipleOf": 0})").message,
            "the JSON Schema is wrong at /multipleOf: must be greater than 0");
  EXPECT_EQ(refusal(R"({"$ref": "#/nowhere"})").message,
            "the JSON Schema is wrong at /$ref: `#/nowhere` leads nowhere");
  refusal(R"({"pattern": "("})");
  refusal(R"({"required": true})");
  refusal(R"({"$schema": "http://json-schema.org/draft-03/schema#"})");
}

TEST(Schema, RefusesADeepOrLargeSchema) {
  std::string deep = "{}";
  for (std::size_t i = 0; i < kSchemaDepthMax; ++i) deep = R"({"not":)" + deep + "}";
  EXPECT_EQ(refusal(deep).reason, Reason::too_large);
  EXPECT_EQ(refusal(R"({"title":")" + std::string(kSchemaBytesMax, 'x') + "\"}").reason,
            Reason::too_large);
}

TEST(Schema, ALoopOfReferencesEnds) {
  for (
      const char* schema :
      {R"({"$ref": "#"})",
       R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"})",
       R"({"anyOf": [{"$ref": "#"}]})", R"({"not": {"$ref": "#"}})",
       R"({"$dynamicAnchor": "n", "allOf": [{"$dynamicRef": "#n"}]})"}) {
    EXPECT_EQ(verdict(schema, "1"), ": the schema refers to itself without an end") << schema;
  }
}

TEST(Schema, ATreeOfItsOwnKindFits) {
  const std::string_view tree =
      R"({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}})";
  std::string value = "{}";
  for (int i = 0; i < 100; ++i) value = R"({"left":)" + value + R"(, "right": {}})";
  EXPECT_EQ(verdict(tree, value), "fits");
}

TEST(Schema, AnExplosionOfWorkEnds) {
  std::string definitions = R"("d0": {"type": "integer"})";
  for (int i = 1; i < 40; ++i) {
    definitions += std::format(
        R"(, "d{0}": {{"allOf": [{{"$ref": "#/$defs/d{1}"}}, {{"$ref": "#/$defs/d{1}"}}]}})", i,
        i - 1);
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(verdict(R"({"$ref": "#/$defs/d39", "$defs": {)" + definitions + "}}", "1"),
            ": the value and its schema take too long to compare");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(Schema, ABacktrackingPatternEnds) {
  const auto start = std::chrono::steady_clock::now();
  const std::string schema = R"({"items": {"not": {"pattern": "^(a|a)*(a+)+$"}}})";
  std::string items = "[\"b\"";
  for (int i = 0; i < 1000; ++i) items += ",\"" + std::string(60, 'a') + "!\"";
  EXPECT_NE(verdict(schema, items + "]").find("too long to match"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Schema, TellsTheClosestOfSeveralForms) {
  const std::string_view schema = R"({"anyOf": [
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"type": "array"}]})";
  EXPECT_EQ(verdict(schema, R"({"a": "x"})"), "/a: expected integer, got string");
  EXPECT_EQ(verdict(schema, "true"), ": expected array or object, got boolean");
  EXPECT_EQ(verdict(R"({"oneOf": [{"type": "integer"}, {"minimum": 2}]})", "3"),
            ": fits forms 1 and 2 of which only one may fit");
}

}  // namespace
}  // namespace weft
