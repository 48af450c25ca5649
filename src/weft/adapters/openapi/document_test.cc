#include "weft/adapters/openapi/document.h"

#include <gtest/gtest.h>

#include <chrono>

#include "weft/adapters/openapi/dialect.h"
#include "weft/adapters/openapi/operation.h"
#include "weft/adapters/openapi/security.h"
#include "weft/adapters/openapi/yaml.h"
#include "weft/base/schema.h"

namespace weft::adapters::openapi {
namespace {

std::string yaml(std::string_view text) {
  const auto read = parse_yaml(text);
  return read ? json::write(*read) : "error";
}

TEST(Yaml, ScalarsOfTheCoreSchema) {
  EXPECT_EQ(
      yaml("a: 1\nb: '1'\nc: 1.5\nd: true\ne: null\nf: ~\ng:\nh: 3.1.0\ni: 0x10\nj: -3\nk: yes\n"),
      R"({"a":1,"b":"1","c":1.5,"d":true,"e":null,"f":null,"g":null,"h":"3.1.0","i":16,"j":-3,"k":"yes"})");
  EXPECT_EQ(yaml("- {a: [1, x]}\n- |\n  two\n  lines\n"), R"([{"a":[1,"x"]},"two\nlines\n"])");
}

TEST(Yaml, WhatCouldGrowIsRefused) {
  EXPECT_EQ(yaml("a: &x [1]\nb: *x\n"), "error");
  EXPECT_EQ(yaml("a: !!python/object x\n"), "error");
  EXPECT_EQ(yaml("a: 1\na: 2\n"), "error");
  EXPECT_EQ(yaml("? [1]\n: 2\n"), "error");
  EXPECT_EQ(yaml(std::string(100'000, '[')), "error");
  EXPECT_EQ(yaml(std::string(2'000'000, 'x')), "error");
  EXPECT_EQ(yaml(""), "error");
  EXPECT_EQ(yaml("a: [1"), "error");
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += std::string(i, ' ') + "a:\n";
  EXPECT_EQ(yaml(deep), "error");
}

TEST(Yaml, DeepNestingOfEveryKindCostsLittle) {
  const auto began = std::chrono::steady_clock::now();
  for (const std::string_view piece : {"- ", "[", "{a: ", "? ", "a: [", "- - {"}) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    EXPECT_EQ(yaml(text), "error") << piece;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST(Document, SaysWhatItIsInstead) {
  const auto message = [](std::string_view text) { return read_document(text).error().message; };
  EXPECT_NE(message(R"({"swagger":"2.0"})").find("Swagger 2.0"), std::string::npos);
  EXPECT_NE(message(R"({"openapi":"3.2.0"})").find("3.0 and 3.1"), std::string::npos);
  EXPECT_NE(message(R"({"data":[]})").find("no `openapi`"), std::string::npos);
  EXPECT_FALSE(read_document("<html></html>"));
}

Catalog catalog_of(std::string_view text) {
  const auto document = read_document(text);
  EXPECT_TRUE(document) << document.error().message;
  auto catalog =
      read_catalog(*document, parse_url("http://service.example/v1/openapi.json").value());
  EXPECT_TRUE(catalog) << catalog.error().message;
  return *std::move(catalog);
}

TEST(Document, AReferenceToItselfEnds) {
  const auto document = read_document(
      R"({"openapi":"3.1.0","info":{},"components":{"schemas":{"A":{"$ref":"#/components/schemas/A"}}}})");
  ASSERT_TRUE(document);
  EXPECT_EQ(resolve(*document, at_reference(*document, "#/components/schemas/A")), nullptr);
}

constexpr std::string_view kTree = R"({"openapi":"3.1.0","info":{"title":"t","version":"1"},
  "servers":[{"url":"/base"}],
  "paths":{"/t":{"post":{"operationId":"plant","requestBody":{"required":true,"content":{"application/json":
  {"schema":{"$ref":"#/components/schemas/Tree"}}}},"responses":{}}}},
  "components":{"schemas":{"Tree":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},
  "sons":{"type":"array","items":{"$ref":"#/components/schemas/Tree"}}}}}}})";

TEST(Document, ASchemaOfItselfStaysSmallAndChecks) {
  const Catalog catalog = catalog_of(kTree);
  EXPECT_EQ(catalog.solution.url, "http://service.example/base");
  const auto& skill = catalog.solution.skills.at(0);
  EXPECT_LT(json::write(*skill.input_schema).size(), 600U);
  const auto schema = Schema::create(*skill.input_schema);
  ASSERT_TRUE(schema) << schema.error().message;
  EXPECT_FALSE(
      schema->check(json::parse(R"({"name":"a","sons":[{"name":"b","sons":[]}]})").value()));
  EXPECT_TRUE(schema->check(json::parse(R"({"name":"a","sons":[{"sons":[]}]})").value()));
}

TEST(Dialect, Of30In2020) {
  Document document;
  document.old_dialect = true;
  SchemaWriter writer(document, Direction::request);
  const auto written = [&](std::string_view text) {
    return json::write(writer.translate(json::parse(text).value()));
  };
  EXPECT_EQ(written(R"({"type":"string","nullable":true})"), R"({"type":["string","null"]})");
  EXPECT_EQ(written(R"({"enum":["a"],"nullable":true})"), R"({"enum":["a",null]})");
  EXPECT_EQ(written(R"({"minimum":1,"exclusiveMinimum":true})"), R"({"exclusiveMinimum":1})");
  EXPECT_EQ(written(R"({"maximum":1,"exclusiveMaximum":false})"), R"({"maximum":1})");
  EXPECT_EQ(written(R"({"type":"string","example":"x","xml":{},"x-y":1})"),
            R"({"type":"string","examples":["x"]})");
}

TEST(Security, TheFirstWayThatIsWhollyConfigured) {
  const Catalog catalog = catalog_of(R"({"openapi":"3.1.0","info":{"title":"t","version":"1"},
    "paths":{"/a":{"get":{"operationId":"a","security":[{"key":[],"token":[]},{"query":[]}],"responses":{}}},
             "/b":{"get":{"operationId":"b","security":[{"basic":[]}],"responses":{}}},
             "/c":{"get":{"operationId":"c","security":[],"responses":{}}}},
    "components":{"securitySchemes":{"key":{"type":"apiKey","in":"header","name":"X-Key"},
      "query":{"type":"apiKey","in":"query","name":"q"},"token":{"type":"http","scheme":"bearer"},
      "basic":{"type":"http","scheme":"basic"}}}})");
  const auto names = key_names(catalog);
  hub::JoinRequest request;
  const auto way = [&](std::string_view id) {
    return credentials_for(catalog.operations.find(id)->second, request, names);
  };
  EXPECT_TRUE(way("c"));
  const auto none = way("a");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, Reason::unavailable);
  for (const auto* word : {"join", "`key`", "X-Key", "`token`", "--bearer", "`query`"}) {
    EXPECT_NE(none.error().message.find(word), std::string::npos) << word;
  }
  request.headers.emplace_back("q", "s&1");
  EXPECT_EQ(way("a")->query, "q=s%261");
  EXPECT_FALSE(way("a")->headers.has("q"));
  EXPECT_FALSE(way("c")->headers.has("q"));
  request.headers.emplace_back("X-Key", "k");
  request.bearer = "t";
  EXPECT_EQ(way("a")->headers.get("Authorization"), "Bearer t");
  EXPECT_TRUE(way("a")->query.empty());
  EXPECT_FALSE(way("b"));
}

}  // namespace
}  // namespace weft::adapters::openapi
