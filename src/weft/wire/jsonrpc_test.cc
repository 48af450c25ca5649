#include "weft/wire/jsonrpc.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

std::string rewritten(std::string_view text) {
  auto message = parse_jsonrpc(text);
  if (!message) return "refused " + message.error().param;
  return std::visit([](const auto& m) { return write_jsonrpc(m); }, *message);
}

TEST(JsonRpc, WhatIsReadIsWrittenBack) {
  for (const std::string text : {
           R"({"jsonrpc":"2.0","id":1,"method":"a","params":{"x":[1,null,"é"]}})",
           R"({"jsonrpc":"2.0","id":"s","method":"a"})",
           R"({"jsonrpc":"2.0","method":"notifications/x"})",
           R"({"jsonrpc":"2.0","id":1,"result":{}})",
           R"({"jsonrpc":"2.0","id":1,"result":null})",
           R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}})",
           R"({"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m","data":{"a":1}}})",
       }) {
    EXPECT_EQ(rewritten(text), text);
  }
}

TEST(JsonRpc, RefusesWhatIsNone) {
  EXPECT_EQ(rewritten(R"([{"jsonrpc":"2.0","method":"a"}])"), "refused ");
  EXPECT_EQ(rewritten(R"(5)"), "refused ");
  EXPECT_EQ(rewritten(R"({"method":"a"})"), "refused /jsonrpc");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"1.0","method":"a"})"), "refused /jsonrpc");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":{},"method":"a"})"), "refused /id");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":null,"method":"a"})"), "refused /id");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1.5,"method":"a"})"), "refused /id");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1e300,"method":"a"})"), "refused /id");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1,"method":5})"), "refused /method");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1,"method":"a","params":[1]})"), "refused /params");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1})"), "refused ");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}})"),
            "refused ");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1,"method":"a","result":1})"), "refused ");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","result":1})"), "refused /id");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1,"error":5})"), "refused /error");
  EXPECT_EQ(rewritten(R"({"jsonrpc":"2.0","id":1,"error":{"message":"x"}})"),
            "refused /error/code");
}

}  // namespace
}  // namespace weft::wire
