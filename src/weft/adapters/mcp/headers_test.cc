#include "weft/adapters/mcp/headers.h"

#include <gtest/gtest.h>

#include "weft/adapters/mcp/eras.h"

namespace weft::adapters::mcp {
namespace {

json::value parsed(std::string_view text) { return json::parse(text).value(); }

wire::JsonRpcRequest call() {
  wire::JsonRpcRequest request;
  request.id = json::value(1);
  request.method = "tools/call";
  request.params = parsed(R"({"name":"pay","arguments":{"region":"eu","n":42,"ok":true},"_meta":{
    "io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}})")
                       .get_object();
  return request;
}

wire::Headers good() {
  wire::Headers headers;
  headers.add("mcp-protocol-version", "2026-07-28");
  headers.add("mcp-method", "tools/call");
  headers.add("mcp-name", "pay");
  return headers;
}

int code_of_refusal(const std::optional<Refusal>& refusal) {
  return refusal ? refusal->error.code : 0;
}

TEST(ModernHeaders, AGoodRequestPasses) { EXPECT_FALSE(check_modern(good(), call())); }

TEST(ModernHeaders, EachMissingOrWrongOneIsAMismatch) {
  for (const std::string_view name : {"MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"}) {
    wire::Headers headers = good();
    headers.remove(name);
    EXPECT_EQ(code_of_refusal(check_modern(headers, call())), kHeaderMismatch) << name;
    headers.add(std::string(name), "Tools/Call");
    EXPECT_EQ(code_of_refusal(check_modern(headers, call())), kHeaderMismatch) << name;
    headers.add(std::string(name), "again");
    EXPECT_EQ(code_of_refusal(check_modern(headers, call())), kHeaderMismatch) << name;
  }
}

TEST(ModernHeaders, AnUnknownVersionIsNamed) {
  wire::Headers headers = good();
  headers.set("MCP-Protocol-Version", "2099-01-01");
  wire::JsonRpcRequest request = call();
  request.params["_meta"].as_object()[kMetaVersion] = "2099-01-01";
  const auto refusal = check_modern(headers, request);
  ASSERT_EQ(code_of_refusal(refusal), kUnsupportedVersion);
  EXPECT_EQ(refusal->status, 400);
  EXPECT_EQ(json::string_at(refusal->error.data->get_object(), "requested"), "2099-01-01");
  EXPECT_EQ(json::array_at(refusal->error.data->get_object(), "supported")->front().get_string(),
            "2026-07-28");
}

TEST(ModernHeaders, MissingMetaIsInvalidParams) {
  wire::JsonRpcRequest request = call();
  request.params.erase("_meta");
  EXPECT_EQ(code_of_refusal(check_modern(good(), request)), wire::kJsonRpcInvalidParams);
  request = call();
  request.params["_meta"].as_object().erase(kMetaCapabilities);
  EXPECT_EQ(code_of_refusal(check_modern(good(), request)), wire::kJsonRpcInvalidParams);
}

TEST(HeaderValues, ComeBack) {
  for (const std::string_view value :
       {"plain", "Grüße", " padded ", "", "a\nb", "=?base64?YQ==?="}) {
    const std::string header = encode_header_value(value);
    EXPECT_TRUE(wire::valid_header_value(header));
    EXPECT_EQ(decode_header_value(header).value(), value);
  }
  EXPECT_EQ(encode_header_value("plain"), "plain");
  EXPECT_FALSE(decode_header_value("=?base64?YQ=?="));
  EXPECT_FALSE(decode_header_value("=?base64?%%%%?="));
  EXPECT_FALSE(decode_header_value("gr\xc3\xbc"));
}

TEST(ParamHeaders, AreComparedWithTheArguments) {
  const std::vector<HeaderParam> params{
      {{"region"}, "Region"}, {{"n"}, "N"}, {{"ok"}, "Ok"}, {{"none"}, "None"}};
  const json::object arguments = *json::object_at(call().params, "arguments");
  wire::Headers headers;
  EXPECT_TRUE(check_params(headers, params, arguments)) << "missing";
  headers.set("Mcp-Param-Region", "=?base64?ZXU=?=");
  headers.set("mcp-param-n", "42");
  headers.set("Mcp-Param-Ok", "true");
  EXPECT_FALSE(check_params(headers, params, arguments));
  headers.set("Mcp-Param-N", "42.0");
  EXPECT_FALSE(check_params(headers, params, arguments));
  headers.set("Mcp-Param-N", "43");
  EXPECT_TRUE(check_params(headers, params, arguments));
  headers.set("Mcp-Param-N", "42");
  headers.set("Mcp-Param-None", "x");
  EXPECT_TRUE(check_params(headers, params, arguments)) << "no counterpart";
}

TEST(ParamHeaders, AreMadeAsTheyAreChecked) {
  const std::vector<HeaderParam> params{
      {{"region"}, "Region"}, {{"n"}, "N"}, {{"ok"}, "Ok"}, {{"none"}, "None"}};
  const wire::JsonRpcRequest request = call();
  wire::Headers headers;
  add_modern_headers(headers, request.method, request.params, params);
  EXPECT_FALSE(check_modern(headers, request));
  EXPECT_FALSE(check_params(headers, params, *json::object_at(request.params, "arguments")));
  EXPECT_FALSE(headers.has("Mcp-Param-None"));
}

}  // namespace
}  // namespace weft::adapters::mcp
