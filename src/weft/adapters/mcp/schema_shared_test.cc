// Every message that weft writes, checked against the published schemas (../shared/specs/mcp), and
// the published examples read.
#include <gtest/gtest.h>

#include <filesystem>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/mcp/asks.h"
#include "weft/adapters/mcp/codec.h"
#include "weft/adapters/mcp/content.h"
#include "weft/adapters/mcp/errors.h"
#include "weft/adapters/mcp/handshake.h"
#include "weft/adapters/mcp/headers.h"
#include "weft/adapters/mcp/relay.h"
#include "weft/adapters/mcp/tools.h"
#include "weft/base/schema.h"

namespace weft::adapters::mcp {
namespace {

const std::filesystem::path kSpecs = std::filesystem::path(WEFT_SOURCE) / "../shared/specs/mcp";

json::value parsed(std::string_view text) { return json::parse(text).value(); }

class McpSchema : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kSpecs)) GTEST_SKIP() << "no ../shared/specs/mcp here";
  }

  static const json::value& document(std::string_view revision) {
    static std::map<std::string, json::value, std::less<>> documents;
    const auto found = documents.find(revision);
    if (found != documents.end()) return found->second;
    const std::string text = read_text_file(kSpecs / "schema" / revision / "schema.json");
    return documents.emplace(std::string(revision), json::parse(text).value()).first->second;
  }

  static std::string fault(std::string_view revision, const std::string& type,
                           const json::value& instance) {
    json::object schema = document(revision).get_object();
    const bool newer = schema.contains("$defs");
    schema["$ref"] = (newer ? "#/$defs/" : "#/definitions/") + type;
    auto compiled = Schema::create(json::value(std::move(schema)));
    if (!compiled) return "the schema: " + compiled.error().message;
    const auto found = compiled->check(instance);
    return found ? found->path + ": " + found->message : std::string();
  }
};

#define WEFT_EXPECT_FITS(revision, type, instance) \
  EXPECT_EQ(fault(revision, type, instance), "") << json::write(instance)

model::Skill skill() {
  model::Skill s;
  s.id = SkillId("book");
  s.title = "Book";
  s.description = "Books a table.";
  s.input_schema =
      parsed(R"({"type":"object","properties":{"day":{"type":"string"}},"required":["day"]})");
  s.output_schema = parsed(R"({"type":"array"})");
  s.effects.destructive = false;
  return s;
}

model::Output output() {
  model::Output out;
  model::Turn turn;
  turn.role = model::Role::assistant;
  turn.parts = {model::Part::text("hi"), model::Part{model::Blob{"x", ""}, "image/png", {}},
                model::Part{model::Blob{"x", ""}, "audio/wav", {}},
                model::Part{model::Blob{"x", "a.bin"}, "", {}},
                model::Part{model::Link{"https://example.com/x", "x", 3}, "text/plain", {}}};
  out.turns.push_back(turn);
  out.tensors.push_back(model::Tensor{"t", "FP32", {1}, "abcd", {}});
  out.data = parsed("[1]");
  out.usage = model::Usage{1, 2, 3, 4};
  return out;
}

TEST_F(McpSchema, Tools) {
  WEFT_EXPECT_FITS("2025-11-25", "Tool",
                   json::value(tool_of(skill(), "book", "openapi", Era::legacy)));
  WEFT_EXPECT_FITS("2025-06-18", "Tool",
                   json::value(tool_of(skill(), "book", "openapi", Era::legacy)));
  WEFT_EXPECT_FITS("2026-07-28", "Tool",
                   json::value(tool_of(skill(), "book", "openapi", Era::modern)));
  WEFT_EXPECT_FITS("2026-07-28", "Tool", json::value(continue_tool()));
}

TEST_F(McpSchema, Results) {
  WEFT_EXPECT_FITS("2025-11-25", "CallToolResult",
                   json::value(result_of(output(), skill(), Era::legacy, {})));
  WEFT_EXPECT_FITS("2026-07-28", "CallToolResult",
                   json::value(result_of(output(), skill(), Era::modern, {})));
  const Error error = make_argument_error("/day", "/day: missing");
  WEFT_EXPECT_FITS("2025-11-25", "CallToolResult",
                   json::value(error_result_of(error, Era::legacy)));
  WEFT_EXPECT_FITS("2026-07-28", "CallToolResult",
                   json::value(error_result_of(error, Era::modern)));
}

TEST_F(McpSchema, Questions) {
  model::Ask ask;
  ask.items["a"].kind = model::Ask::Kind::form;
  ask.items["a"].message = "?";
  ask.items["a"].schema = parsed(
      R"({"type":"object","properties":{"deep":{"type":"object"},"n":{"type":"number","multipleOf":2},
    "p":{"type":"string","pattern":"x","format":"uuid"},"e":{"enum":[1,2]},"l":{"type":"array","items":{"type":"string","enum":["a"]}}},"required":["deep"]})");
  ask.items["b"].message = "in words?";
  ask.items["c"].kind = model::Ask::Kind::approve;
  ask.items["d"].kind = model::Ask::Kind::url;
  ask.items["d"].url = "https://example.com/login";
  for (const auto& [key, item] : ask.items) {
    for (const std::string_view revision : {"2025-11-25", "2025-06-18", "2026-07-28"}) {
      const auto params =
          elicit_params(item, ElicitCaps{true, revision != "2025-06-18"}, revision, "e1");
      if (!params) continue;
      json::object request;
      request["method"] = "elicitation/create";
      request["params"] = *params;
      if (revision != "2026-07-28") {
        request["jsonrpc"] = "2.0";
        request["id"] = "weft-1";
      }
      WEFT_EXPECT_FITS(revision, "ElicitRequest", json::value(request));
    }
    WEFT_EXPECT_FITS("2026-07-28", "ElicitResult",
                     json::value(elicit_result_of(item, model::Answer{})));
  }
  WEFT_EXPECT_FITS("2025-11-25", "CallToolResult",
                   json::value(parked_result(ask, "01T", Era::legacy, false)));
  WEFT_EXPECT_FITS("2026-07-28", "CallToolResult",
                   json::value(parked_result(ask, "01T", Era::modern, false)));
  WEFT_EXPECT_FITS("2025-11-25", "CallToolResult",
                   json::value(parked_result(ask, "01T", Era::legacy, true)));
}

TEST_F(McpSchema, Errors) {
  const std::string text =
      error_message(json::value(1), rpc_error_of(make_error(Reason::unavailable, "down")));
  WEFT_EXPECT_FITS("2026-07-28", "JSONRPCErrorResponse", parsed(text));
  WEFT_EXPECT_FITS(
      "2025-11-25", "JSONRPCErrorResponse",
      parsed(error_message(json::value(), rpc_error_of(make_error(Reason::internal, "x")))));
  wire::Headers headers;
  wire::JsonRpcRequest request;
  request.method = "tools/list";
  auto refusal = check_modern(headers, request);
  ASSERT_TRUE(refusal);
  WEFT_EXPECT_FITS("2026-07-28", "HeaderMismatchError",
                   parsed(error_message(json::value(1), refusal->error)));
  headers.set("MCP-Protocol-Version", "2099-01-01");
  refusal = check_modern(headers, request);
  ASSERT_TRUE(refusal);
  WEFT_EXPECT_FITS("2026-07-28", "UnsupportedProtocolVersionError",
                   parsed(error_message(json::value(1), refusal->error)));
}

TEST_F(McpSchema, RequestsAndNotifications) {
  json::object initialize;
  initialize["jsonrpc"] = "2.0";
  initialize["id"] = 1;
  initialize["method"] = "initialize";
  initialize["params"] = initialize_params();
  WEFT_EXPECT_FITS("2025-11-25", "InitializeRequest", json::value(initialize));
  json::object discover = initialize;
  discover["method"] = "server/discover";
  json::object params;
  add_modern_meta(params, "info");
  add_progress_token(params, json::value(7));
  discover["params"] = params;
  WEFT_EXPECT_FITS("2026-07-28", "DiscoverRequest", json::value(discover));
  EventRelay relay(json::value("t"), "debug");
  model::State state;
  state.progress = model::Progress{0.5, 1.0, "half"};
  const std::string progress = *relay.notification(model::Event{state});
  WEFT_EXPECT_FITS("2026-07-28", "ProgressNotification", parsed(progress));
  WEFT_EXPECT_FITS("2025-11-25", "ProgressNotification", parsed(progress));
  const std::string log =
      *relay.notification(model::Event{model::Log{"warning", "x", json::value("y")}});
  WEFT_EXPECT_FITS("2025-11-25", "LoggingMessageNotification", parsed(log));
}

TEST_F(McpSchema, TheExamplesAreRead) {
  std::size_t read = 0;
  const auto each = [&](const std::string& type, const auto& check) {
    for (const auto& file :
         std::filesystem::directory_iterator(kSpecs / "examples-2026-07-28" / type)) {
      check(json::parse(read_text_file(file.path())).value(), file.path().string());
      ++read;
    }
  };
  each("Tool", [](const json::value& v, const std::string& at) { EXPECT_TRUE(skill_of(v)) << at; });
  each("CallToolResult", [](const json::value& v, const std::string& at) {
    const auto out = output_of(v.get_object());
    EXPECT_TRUE(out || out.error().reason == Reason::solution_failed) << at;
  });
  for (const std::string type :
       {"TextContent", "ImageContent", "AudioContent", "EmbeddedResource", "ResourceLink"}) {
    each(type, [](const json::value& v, const std::string& at) {
      const auto part = part_of(v, "/");
      ASSERT_TRUE(part) << at;
      std::vector<model::Loss> losses;
      EXPECT_EQ(block_of(*part, "/", losses), v) << at;
    });
  }
  each("ElicitRequestFormParams", [](const json::value& v, const std::string& at) {
    EXPECT_TRUE(item_of(v.get_object())) << at;
  });
  each("ElicitRequestURLParams", [](const json::value& v, const std::string& at) {
    EXPECT_TRUE(item_of(v.get_object())) << at;
  });
  each("DiscoverResult",
       [](const json::value& v, const std::string& at) { EXPECT_TRUE(read_discover(v)) << at; });
  EXPECT_GT(read, 15U);
}

}  // namespace
}  // namespace weft::adapters::mcp
