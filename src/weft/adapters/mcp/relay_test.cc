#include "weft/adapters/mcp/relay.h"

#include <gtest/gtest.h>

#include "weft/adapters/mcp/passage.h"

namespace weft::adapters::mcp {
namespace {

model::Event progress(double done, std::string text = "") {
  model::State state;
  state.progress = model::Progress{done, 10.0, std::move(text)};
  return model::Event{state};
}

double told(const std::optional<std::string>& message) {
  return json::at_pointer(*json::parse(*message), "/params/progress")->to_number<double>();
}

TEST(Relay, ProgressAlwaysGrows) {
  EventRelay relay(json::value("t"), "");
  double last = -1;
  for (const double done : {0.0, 1.0, 1.0, 0.5, 7.0}) {
    const double now = told(relay.notification(progress(done)));
    EXPECT_GT(now, last);
    last = now;
  }
  EXPECT_EQ(last, 7);
}

TEST(Relay, WithoutATokenNothingIsTold) {
  EventRelay relay(std::nullopt, "");
  EXPECT_FALSE(relay.notification(progress(1)));
  EXPECT_FALSE(relay.notification(model::Event{model::Delta{model::Delta::Kind::text, "a"}}));
  EXPECT_FALSE(relay.notification(model::Event{model::Log{"error", "", json::value("x")}}));
}

TEST(Relay, LogsFromTheLevelOn) {
  EventRelay relay(std::nullopt, "warning");
  EXPECT_FALSE(relay.notification(model::Event{model::Log{"info", "", json::value("x")}}));
  EXPECT_EQ(
      relay.notification(model::Event{model::Log{"error", "db", json::value("x")}}),
      R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","logger":"db","data":"x"}})");
}

TEST(Gate, OnlyWholeEventsGoOn) {
  EventGate gate;
  EXPECT_EQ(gate.pass("data: {\"a\":").value(), "");
  EXPECT_EQ(gate.pass("1}\n\ndata: {").value(), "data: {\"a\":1}\n\n");
  EXPECT_FALSE(gate.answered());
  EXPECT_FALSE(gate.resumable());
  EXPECT_EQ(gate.pass("\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r\n\r\n").value(),
            "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r\n\r\n");
  EXPECT_TRUE(gate.answered());
}

TEST(Gate, SeesQuestionsAndIds) {
  EventGate gate;
  const std::string event =
      "id: 7\ndata: "
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{}}\n\n";
  EXPECT_EQ(gate.pass(event).value(), event);
  EXPECT_TRUE(gate.asks());
  EXPECT_TRUE(gate.resumable());
  EXPECT_FALSE(gate.answered());
}

TEST(PassedHeaders, AreAListOfTheKnown) {
  wire::Headers in;
  for (const std::string_view name :
       {"Accept", "Authorization", "Cookie", "x-api-key", "Mcp-Session-Id", "Mcp-Param-A", "Host",
        "Connection", "Origin", "Last-Event-ID"}) {
    in.add(std::string(name), "v");
  }
  wire::Headers out;
  add_passed_headers(out, in);
  EXPECT_EQ(out.size(), 3U);
  EXPECT_TRUE(out.has("Accept") && out.has("Mcp-Param-A") && out.has("Last-Event-ID"));
}

TEST(ReturnedHeaders, CarryNoSessionAndNoCookie) {
  wire::Headers in;
  for (const std::string_view name :
       {"Content-Type", "Mcp-Session-Id", "Set-Cookie", "Connection", "Transfer-Encoding",
        "Access-Control-Allow-Origin", "WWW-Authenticate", "X-Own"}) {
    in.add(std::string(name), "v");
  }
  const wire::Headers out = returned_headers(in);
  EXPECT_EQ(out.size(), 2U);
  EXPECT_TRUE(out.has("Content-Type") && out.has("X-Own"));
}

}  // namespace
}  // namespace weft::adapters::mcp
