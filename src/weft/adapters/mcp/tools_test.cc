#include "weft/adapters/mcp/tools.h"

#include <gtest/gtest.h>

#include "weft/adapters/mcp/codec.h"
#include "weft/base/schema.h"

namespace weft::adapters::mcp {
namespace {

json::value parsed(std::string_view text) { return json::parse(text).value(); }

constexpr std::string_view kTool =
    R"({"name":"pay","title":"Pay","description":"Pays.","inputSchema":{"type":"object",
  "properties":{"amount":{"type":"number"}},"required":["amount"]},"outputSchema":{"type":"object"},
  "annotations":{"destructiveHint":true,"readOnlyHint":false}})";

TEST(Tools, AServersToolIsShownAsItWas) {
  const json::value tool = parsed(kTool);
  auto skill = skill_of(tool);
  ASSERT_TRUE(skill);
  EXPECT_EQ(skill->effects.destructive, true);
  EXPECT_EQ(skill->effects.idempotent, std::nullopt);
  EXPECT_EQ(json::value(tool_of(*skill, "pay", "mcp", Era::legacy)), tool);
}

TEST(Tools, BrokenToolsAreRefused) {
  for (const std::string_view tool : {R"({"inputSchema":{"type":"object"}})", R"({"name":"a"})",
                                      R"([])", R"({"name":"a","inputSchema":[]})"}) {
    EXPECT_FALSE(skill_of(parsed(tool))) << tool;
  }
}

TEST(Tools, AnOutputThatIsNoObjectIsWrappedForLegacyClients) {
  model::Skill skill;
  skill.id = SkillId("list");
  skill.output_schema = parsed(R"({"type":"array"})");
  const json::object legacy = tool_of(skill, "list", "openapi", Era::legacy);
  EXPECT_EQ(json::string_at(*json::object_at(legacy, "outputSchema"), "type"), "object");
  const json::object modern = tool_of(skill, "list", "openapi", Era::modern);
  EXPECT_EQ(json::string_at(*json::object_at(modern, "outputSchema"), "type"), "array");
}

struct OutputCase {
  std::string_view schema;
  bool listed;  ///< for legacy clients
  std::vector<std::string_view> data;
};

const std::vector<OutputCase> kOutputs = {
    {R"({})", false, {R"({"a":1})", "[1]", "null"}},
    {R"({"anyOf":[{"type":"object"},{"type":"array"}]})", false, {R"({"a":1})", "[1]"}},
    {R"({"oneOf":[{"type":"object"},{}]})", false, {"7"}},
    {R"({"type":["object","null"]})", false, {R"({"a":1})", "null"}},
    {R"({"properties":{"a":{"type":"integer"}}})", false, {R"({"a":1})", "7"}},
    {R"({"type":"array","items":{"$ref":"#/$defs/A"},"$defs":{"A":{"type":"object"}}})",
     true,
     {R"([{"a":1}])"}},
    {R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"array",
         "items":{"$ref":"#/definitions/A"},"definitions":{"A":{"type":"integer"}}})",
     true,
     {"[1]"}},
    {R"({"anyOf":[{"$ref":"#/$defs/A"},{"type":"object"}],"$defs":{"A":{"type":"object"}}})",
     true,
     {R"({"a":1})"}},
    {R"({"$ref":"#/$defs/A","$defs":{"A":{"allOf":[{"type":"object"}]}}})", true, {R"({"a":1})"}},
    {R"({"type":"object","properties":{"a":true}})", true, {R"({"a":1})"}},
    {R"({"type":["string","null"]})", true, {R"("x")", "null"}},
    {R"({"enum":["a","b"]})", true, {R"("a")"}},
    {R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})", false, {}},
};

TEST(Tools, TheListedOutputAndTheResultAgree) {
  for (const OutputCase& given : kOutputs) {
    model::Skill skill;
    skill.id = SkillId("x");
    skill.output_schema = parsed(given.schema);
    for (const Era era : {Era::legacy, Era::modern}) {
      const json::object tool = tool_of(skill, "x", "openapi", era);
      const json::object* listed = json::object_at(tool, "outputSchema");
      EXPECT_EQ(listed != nullptr, given.listed || era == Era::modern) << given.schema;
      if (listed == nullptr) continue;
      EXPECT_TRUE(era == Era::modern || json::string_at(*listed, "type") == "object");
      for (const std::string_view data : given.data) {
        model::Output output;
        output.data = parsed(data);
        const json::object result = result_of(output, skill, era, {});
        const auto schema = Schema::create(json::value(*listed));
        ASSERT_TRUE(schema) << schema.error().message << given.schema;
        const auto fault = schema->check(result.at("structuredContent"));
        EXPECT_FALSE(fault) << fault->message << json::write(*listed) << json::write(result);
        EXPECT_EQ(output_of(result)->data, output.data);
      }
    }
  }
}

TEST(Tools, PropertiesAreSchemasThatAreObjects) {
  model::Skill skill;
  skill.id = SkillId("x");
  skill.input_schema = parsed(R"({"type":"object","properties":{"a":true,"b":false}})");
  const json::object tool = tool_of(skill, "x", "openapi", Era::legacy);
  EXPECT_EQ(json::object_at(tool, "inputSchema")->at("properties"),
            parsed(R"({"a":{},"b":{"not":{}}})"));
}

TEST(Tools, AnOutputSchemaThatCannotBeReadIsLeftOut) {
  auto skill = skill_of(parsed(
      R"({"name":"a","inputSchema":{"type":"object"},
          "outputSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/None"}}}})"));
  ASSERT_TRUE(skill);
  EXPECT_FALSE(skill->output_schema);
}

TEST(Tools, TheListedInputAndTheCallAgree) {
  for (const std::string_view schema :
       {R"({})", R"({"type":"object"})", R"({"type":"array"})", R"({"type":["object","null"]})",
        R"({"anyOf":[{"type":"object"},{"type":"string"}]})",
        R"({"anyOf":[{"type":"object"},{"type":"object"}]})",
        R"({"$ref":"#/$defs/A","$defs":{"A":{"type":"object"}}})", R"({"required":["a"]})", "true",
        R"({"type":"array","items":{"$ref":"#/$defs/A"},"$defs":{"A":{}}})"}) {
    model::Skill skill;
    skill.id = SkillId("x");
    skill.input_schema = parsed(schema);
    const json::object tool = tool_of(skill, "x", "openapi", Era::legacy);
    const json::object& listed = *json::object_at(tool, "inputSchema");
    const bool wrapped = json::at_pointer(json::value(listed), "/properties/value") != nullptr;
    EXPECT_EQ(takes_as_given(skill), !wrapped) << schema;
    EXPECT_EQ(json::string_at(listed, "type"), "object") << schema;
    EXPECT_TRUE(Schema::create(json::value(listed))) << schema;
  }
}

TEST(Tools, AnInputThatIsNoObjectStandsInValue) {
  model::Skill skill;
  skill.id = SkillId("sum");
  skill.input_schema = parsed(R"({"type":"array"})");
  const json::object tool = tool_of(skill, "sum", "openapi", Era::modern);
  EXPECT_EQ(
      json::value(*json::object_at(tool, "inputSchema")),
      parsed(R"({"type":"object","properties":{"value":{"type":"array"}},"required":["value"]})"));
  EXPECT_FALSE(takes_as_given(skill));
  EXPECT_EQ(wrapped_value(parsed(R"({"value":[1,2]})").get_object()), parsed("[1,2]"));
}

TEST(HeaderParams, AreFoundThroughProperties) {
  auto params = header_params(
      parsed(R"({"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
    "opts":{"type":"object","properties":{"dry":{"type":"boolean","x-mcp-header":"Dry"}}}}})"));
  ASSERT_TRUE(params);
  ASSERT_EQ(params->size(), 2U);
  EXPECT_EQ((*params)[1].header, "Dry");
  EXPECT_EQ((*params)[1].path, (std::vector<std::string>{"opts", "dry"}));
}

TEST(HeaderParams, BrokenOnesAreRefused) {
  for (const std::string_view properties :
       {R"({"a":{"type":"string","x-mcp-header":""}})",
        R"({"a":{"type":"string","x-mcp-header":"a b"}})",
        R"({"a":{"type":"string","x-mcp-header":"a:b"}})",
        R"({"a":{"type":"object","x-mcp-header":"A"}})",
        R"({"a":{"type":"number","x-mcp-header":"A"}})", R"({"a":{"x-mcp-header":"A"}})",
        R"({"a":{"type":"string","x-mcp-header":"X"},"b":{"type":"string","x-mcp-header":"x"}})",
        R"({"a":{"type":"array","items":{"type":"string","x-mcp-header":"X"}}})",
        R"({"a":{"anyOf":[{"type":"string","x-mcp-header":"X"}]}})"}) {
    json::object schema;
    schema["type"] = "object";
    schema["properties"] = parsed(properties);
    EXPECT_FALSE(header_params(json::value(schema))) << properties;
  }
}

}  // namespace
}  // namespace weft::adapters::mcp
