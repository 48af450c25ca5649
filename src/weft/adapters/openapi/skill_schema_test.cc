#include "weft/adapters/openapi/skill_schema.h"

#include <gtest/gtest.h>

#include <format>

#include "weft/adapters/openapi/codec.h"
#include "weft/adapters/openapi/document.h"
#include "weft/adapters/openapi/limits.h"
#include "weft/adapters/openapi/operation.h"
#include "weft/base/schema.h"

namespace weft::adapters::openapi {
namespace {

Catalog catalog_of(std::string_view text) {
  const auto document = read_document(text);
  EXPECT_TRUE(document) << document.error().message;
  auto catalog = read_catalog(*document, parse_url("http://service.example/").value());
  EXPECT_TRUE(catalog) << catalog.error().message;
  return *std::move(catalog);
}

/// A document of one operation, `op`.
Catalog one_of(std::string_view version, std::string_view method, std::string_view operation,
               std::string_view schemas = "{}") {
  return catalog_of(std::format(
      R"({{"openapi":"{}","info":{{"title":"t","version":"1"}},"paths":{{"/x":{{"{}":{{"operationId":"op",{}}}}}}},
         "components":{{"schemas":{}}}}})",
      version, method, operation, schemas));
}

constexpr std::string_view kThings = R"({"Item":{"type":"object","required":["id"],
  "properties":{"id":{"type":"integer"}}},"Note":{"type":"object","required":["note"],
  "properties":{"note":{"type":"string"}}},"Anything":{"title":"Anything"}})";

std::string output_of(std::string_view responses, std::string_view method = "get") {
  const Catalog catalog =
      one_of("3.1.0", method, std::format(R"("responses":{})", responses), kThings);
  const auto& schema = catalog.solution.skills.at(0).output_schema;
  return schema ? json::write(*schema) : "none";
}

/// A response with JSON of a schema.
std::string told(std::string_view status, std::string_view schema) {
  return std::format(
      R"("{}":{{"description":"","content":{{"application/json":{{"schema":{}}}}}}})", status,
      schema);
}
std::string of_component(std::string_view status, std::string_view name) {
  return told(status, std::format(R"({{"$ref":"#/components/schemas/{}"}})", name));
}

constexpr std::string_view kItem =
    R"({"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}})";
constexpr std::string_view kNote =
    R"({"type":"object","required":["note"],"properties":{"note":{"type":"string"}}})";

TEST(SkillOutput, EveryAnswerOfStatus2xxFits) {
  EXPECT_EQ(output_of("{" + of_component("200", "Item") + "}"), kItem);
  EXPECT_EQ(output_of("{" + of_component("200", "Item") + "," + of_component("201", "Item") + "," +
                      told("203", kItem) + "," + of_component("default", "Note") + "}"),
            kItem);
  EXPECT_EQ(output_of("{" + of_component("200", "Item") + "," + of_component("2XX", "Note") + "}"),
            std::format(R"({{"type":"object","anyOf":[{},{}]}})", kItem, kNote));
  EXPECT_EQ(
      output_of("{" + of_component("200", "Item") + "," + told("201", R"({"type":"array"})") + "}"),
      std::format(R"({{"anyOf":[{},{}]}})", kItem, R"({"type":"array"})"));
}

TEST(SkillOutput, NoneWhereAnAnswerMayBeSomethingElse) {
  const std::string item = of_component("200", "Item");
  for (const std::string_view other :
       {R"("204":{"description":""})", R"("201":{"description":"","content":{}})",
        R"("201":{"description":"","content":{"text/plain":{"schema":{"type":"string"}}}})",
        R"("201":{"description":"","content":{"application/json":{}}})",
        R"("202":{"description":"","content":{"application/json":{"schema":{"type":"object"}}}})",
        R"("201":{"description":"","content":{"*/*":{"schema":{"type":"object"}}}})",
        R"("201":{"$ref":"#/components/responses/Nowhere"})"}) {
    EXPECT_EQ(output_of(std::format("{{{},{}}}", item, other)), "none") << other;
    EXPECT_EQ(output_of(std::format("{{{},{}}}", other, item)), "none") << other;
  }
  EXPECT_EQ(output_of(R"({"200":{"description":"","content":{"application/json":{"schema":
      {"type":"object"}},"text/event-stream":{"schema":{"type":"string"}}}}})"),
            "none");
  EXPECT_EQ(output_of("{" + item + "}", "head"), "none");
  EXPECT_EQ(output_of("{" + of_component("default", "Item") + "}"), "none");
  EXPECT_EQ(output_of("{}"), "none");
}

TEST(SkillOutput, NoneWhereASchemaSaysNothing) {
  for (const std::string_view nothing :
       {"{}", "true", R"({"title":"Response Read Items Get"})", R"({"$ref":"nowhere.json"})",
        R"({"$ref":"#/components/schemas/Anything"})",
        R"({"description":"x","example":{"a":1}})"}) {
    EXPECT_EQ(output_of("{" + told("200", nothing) + "}"), "none") << nothing;
    EXPECT_EQ(output_of("{" + of_component("200", "Item") + "," + told("201", nothing) + "}"),
              "none")
        << nothing;
  }
}

TEST(SkillOutput, ManyAnswersAreNotAllWritten) {
  std::string responses = "{";
  for (int i = 200; i < 200 + static_cast<int>(kAnswerSchemasMax); ++i) {
    if (i != 202) responses += told(std::to_string(i), std::format(R"({{"const":{}}})", i)) + ",";
  }
  EXPECT_NE(output_of(responses + told("250", R"({"const":250})") + "}"), "none");
  EXPECT_EQ(output_of(responses + told("250", R"({"const":250})") + "," +
                      told("251", R"({"const":251})") + "}"),
            "none");
}

// ---- what goes one way only

struct Ways {
  json::value request;
  json::value answer;
};

/// The body's schema and the answer's, both of the component `Thing`.
Ways ways_of(std::string_view version, std::string_view schemas) {
  const Catalog catalog = one_of(version, "post", R"("requestBody":{"required":true,"content":{
      "application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"responses":{"200":{
      "description":"","content":{"application/json":{"schema":
      {"$ref":"#/components/schemas/Thing"}}}}})",
                                 schemas);
  const auto& skill = catalog.solution.skills.at(0);
  return {skill.input_schema.value(), skill.output_schema.value_or(nullptr)};
}

bool fits(const json::value& schema, std::string_view value) {
  const auto compiled = Schema::create(schema);
  EXPECT_TRUE(compiled) << compiled.error().message << json::write(schema);
  return compiled && !compiled->check(json::parse(value).value());
}

class Directions : public testing::TestWithParam<std::string_view> {};

TEST_P(Directions, OfAnObjectsOwnProperties) {
  const Ways ways = ways_of(GetParam(), R"({"Thing":{"type":"object",
    "required":["id","name","secret"],"additionalProperties":false,
    "properties":{"id":{"type":"integer","readOnly":true},"name":{"type":"string"},
      "secret":{"type":"string","writeOnly":true}}}})");
  EXPECT_EQ(json::write(ways.request),
            R"({"type":"object","properties":{"name":{"type":"string"},)"
            R"("secret":{"type":"string","writeOnly":true}},)"
            R"("required":["name","secret"],"additionalProperties":false})");
  EXPECT_TRUE(fits(ways.request, R"({"name":"a","secret":"s"})"));
  EXPECT_FALSE(fits(ways.request, R"({"id":1,"name":"a","secret":"s"})"));
  EXPECT_TRUE(fits(ways.answer, R"({"id":1,"name":"a"})"));
  EXPECT_FALSE(fits(ways.answer, R"({"name":"a"})"));
  EXPECT_EQ(json::at_pointer(ways.answer, "/properties/secret"), nullptr);
}

TEST_P(Directions, OfWhatIsNestedAndReferredTo) {
  const Ways ways = ways_of(GetParam(), R"({"Id":{"type":"integer","readOnly":true},
    "Part":{"type":"object","required":["id","part"],"properties":{
      "id":{"$ref":"#/components/schemas/Id"},"part":{"type":"string"},
      "key":{"allOf":[{"type":"string"}],"writeOnly":true},
      "of":{"$ref":"#/components/schemas/Thing"}}},
    "Thing":{"type":"object","required":["parts","key"],"properties":{
      "parts":{"type":"array","items":{"$ref":"#/components/schemas/Part"}},
      "key":{"allOf":[{"writeOnly":true}]}}}})");
  EXPECT_TRUE(fits(ways.request, R"({"key":1,"parts":[{"part":"a","key":"k"}]})"));
  EXPECT_FALSE(fits(ways.request, R"({"key":1,"parts":[{"id":1}]})"));
  EXPECT_FALSE(fits(ways.request, R"({"parts":[]})"));
  EXPECT_TRUE(fits(ways.answer, R"({"parts":[{"id":1,"part":"a","of":{"parts":[]}}]})"));
  EXPECT_FALSE(fits(ways.answer, R"({"parts":[{"part":"a"}]})"));
  EXPECT_EQ(json::at_pointer(ways.request, "/$defs/Part/properties/id"), nullptr);
  EXPECT_NE(json::at_pointer(ways.request, "/$defs/Part/properties/key"), nullptr);
  EXPECT_NE(json::at_pointer(ways.answer, "/$defs/Part/properties/id"), nullptr);
  EXPECT_EQ(json::at_pointer(ways.answer, "/$defs/Part/properties/key"), nullptr);
}

TEST_P(Directions, OfPartsThatSpeakOfOneObject) {
  const Ways ways = ways_of(GetParam(), R"({"Base":{"type":"object","properties":{
      "id":{"type":"integer","readOnly":true}}},
    "Thing":{"allOf":[{"$ref":"#/components/schemas/Base"},
      {"type":"object","required":["id","name"],"properties":{"name":{"type":"string"}}}]}})");
  EXPECT_TRUE(fits(ways.request, R"({"body":{"name":"a"}})")) << json::write(ways.request);
  EXPECT_FALSE(fits(ways.request, R"({"body":{"id":1}})"));
  EXPECT_FALSE(fits(ways.answer, R"({"name":"a"})"));
}

/// Two choices that only an id told apart are alike where it does not go.
TEST_P(Directions, OfChoices) {
  const Ways ways = ways_of(GetParam(), R"({"Old":{"type":"object","required":["id"],
      "properties":{"id":{"type":"integer","readOnly":true}}},
    "Thing":{"oneOf":[{"$ref":"#/components/schemas/Old"},
      {"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}]}})");
  EXPECT_TRUE(fits(ways.request, R"({"body":{"name":"a"}})")) << json::write(ways.request);
  EXPECT_TRUE(fits(ways.answer, R"({"id":1})"));
  EXPECT_FALSE(fits(ways.answer, R"({"id":1,"name":"a"})"));
  const Ways either = ways_of(GetParam(), R"({"Thing":{"type":"object","properties":{
      "id":{"readOnly":true},"name":{"type":"string"}},
      "oneOf":[{"required":["id"]},{"required":["name"]}]}})");
  EXPECT_TRUE(fits(either.request, R"({"body":{"name":"a"}})")) << json::write(either.request);
  EXPECT_FALSE(fits(either.answer, R"({"id":1,"name":"a"})"));
}

INSTANTIATE_TEST_SUITE_P(Versions, Directions, testing::Values("3.0.3", "3.1.0"));

TEST(Directions, AnIdOfThePathIsNotTheBodysToo) {
  const Catalog catalog = catalog_of(R"({"openapi":"3.0.3","info":{"title":"t","version":"1"},
    "paths":{"/pets/{id}":{"put":{"operationId":"op","parameters":[{"name":"id","in":"path",
      "required":true,"schema":{"type":"integer"}}],"requestBody":{"required":true,"content":{
      "application/json":{"schema":{"$ref":"#/components/schemas/Pet"}}}},"responses":{}}}},
    "components":{"schemas":{"Pet":{"type":"object","required":["id","name"],"properties":{
      "id":{"type":"integer","readOnly":true},"name":{"type":"string"}}}}}})");
  const auto& schema = catalog.solution.skills.at(0).input_schema.value();
  EXPECT_EQ(json::write(*json::at_pointer(schema, "/required")), R"(["id","name"])");
  const auto args = json::parse(R"({"id":7,"name":"Rex"})").value();
  EXPECT_TRUE(fits(schema, json::write(args)));
  const auto request = bind_request(catalog.operations.at("op"), args, "");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->path, "/pets/7");
  EXPECT_EQ(request->body, R"({"name":"Rex"})");
}

TEST(Directions, AFormSendsWhatIsSent) {
  const Catalog catalog = one_of("3.0.3", "post", R"("requestBody":{"required":true,"content":{
      "multipart/form-data":{"schema":{"type":"object","required":["id","file"],
      "additionalProperties":false,"properties":{"id":{"type":"string","format":"binary",
      "readOnly":true},"file":{"type":"string","format":"binary"}}}}}},"responses":{})");
  const auto& schema = catalog.solution.skills.at(0).input_schema.value();
  EXPECT_EQ(json::at_pointer(schema, "/properties/id"), nullptr);
  EXPECT_TRUE(fits(schema, R"({"file":"x"})"));
}

/// Parts that refer to each other and to themselves, many times over: with an object among them,
/// and with none.
TEST(Directions, LoopsOfReferencesEnd) {
  std::string parts;
  for (int i = 0; i < 200; ++i)
    parts += R"({"$ref":"#/components/schemas/Thing"},{"$ref":"#/components/schemas/Other"},)";
  for (const std::string_view last :
       {R"({"type":"object","required":["id"],"properties":{"id":{"$ref":
          "#/components/schemas/Loop"},"of":{"$ref":"#/components/schemas/Other"}}})",
        "{}"}) {
    const Ways ways = ways_of(
        "3.1.0", std::format(R"({{"Thing":{{"allOf":[{0}{1}]}},"Other":{{"allOf":[{0}{{}}]}},
                             "Loop":{{"$ref":"#/components/schemas/Loop"}}}})",
                             parts, last));
    EXPECT_LT(json::write(ways.request).size(), 2 * kSkillSchemaBytesMax);
  }
}

}  // namespace
}  // namespace weft::adapters::openapi
