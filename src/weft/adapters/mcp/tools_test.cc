#include "weft/adapters/mcp/tools.h"

#include <gtest/gtest.h>

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
