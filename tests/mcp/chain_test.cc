// Two hubs: the first joins the second's /mcp/fake as a server, in either era, and serves it on:
// passed through where the eras agree, bridged where they do not.
#include <gtest/gtest.h>

#include "harness.h"

namespace weft::mcp_door {
namespace {

struct Eras {
  bool server_legacy;
  bool caller_legacy;
};

class ChainTest : public ::testing::TestWithParam<Eras> {
 protected:
  ChainTest() : server(HubOptions{GetParam().server_legacy}) {
    server.add("fake", service, fake_skills());
    hub::JoinRequest request;
    request.id = SolutionId("far");
    request.url = server.url() + "/mcp/fake";
    joined = front.join(request);
    caller.path = "/mcp/far";
    if (GetParam().caller_legacy) caller.initialize(R"({"elicitation":{}})");
  }
  Answer call(std::string_view params, Caller::OnMessage on_message = {}) {
    if (GetParam().caller_legacy) return caller.legacy("tools/call", params, std::move(on_message));
    return caller.modern("tools/call", params, std::move(on_message), R"({"elicitation":{}})");
  }

  TestHub server;
  TestHub front;
  std::shared_ptr<hub::testing::FakeService> service = fake_service();
  Result<hub::JoinReport> joined;
  Caller caller{front.url()};
};

TEST_P(ChainTest, Joins) {
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(joined->protocol, "mcp");
  EXPECT_EQ(joined->protocol_version, GetParam().server_legacy ? "2025-11-25" : "2026-07-28");
  EXPECT_EQ(joined->skills, 7U) << joined->how;
}

TEST_P(ChainTest, CallsStreamsAndFails) {
  ASSERT_TRUE(joined);
  const Answer echo = call(R"({"name":"echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})") << echo.body;
  const Answer steps = call(R"({"name":"steps","arguments":{},"_meta":{"progressToken":"p"}})");
  ASSERT_EQ(steps.messages.size(), 4U) << steps.body;
  EXPECT_EQ(steps.messages[1].at("params").at("message"), "step 2");
  EXPECT_EQ(steps.messages[1].at("params").at("progressToken"), "p");
  const Answer list = call(R"({"name":"list","arguments":{}})");
  EXPECT_EQ(list.at("/result/structuredContent"),
            GetParam().caller_legacy ? parsed(R"({"result":[1,2]})") : parsed("[1,2]"));
  const Answer bad = call(R"({"name":"echo","arguments":{}})");
  EXPECT_EQ(bad.at("/result/isError"), true) << bad.body;
  const Answer failed = call(R"({"name":"fail","arguments":{"reason":"deadline"}})");
  EXPECT_EQ(failed.at("/error/data/reason"), "deadline") << failed.body;
}

TEST_P(ChainTest, AsksThroughBoth) {
  ASSERT_TRUE(joined);
  const std::string what = R"("name":"pay","arguments":{"amount":5})";
  Answer paid;
  if (GetParam().caller_legacy) {
    paid = call("{" + what + "}", [](const json::value& message, bool&) {
      json::object answer;
      if (!json::find(message, "method")) return answer;
      answer["jsonrpc"] = "2.0";
      answer["id"] = message.at("id");
      answer["result"] = parsed(R"({"action":"accept","content":{"confirm":true}})");
      return answer;
    });
  } else {
    const Answer asked = call("{" + what + "}");
    ASSERT_EQ(asked.at("/result/resultType"), "input_required") << asked.body;
    const std::string key(asked.at("/result/inputRequests").get_object().begin()->key());
    paid = call(std::format(
        R"({{{},"requestState":{},"inputResponses":{{"{}":{{"action":"accept","content":{{"confirm":true}}}}}}}})",
        what, json::write(asked.at("/result/requestState")), key));
  }
  EXPECT_EQ(paid.text(), R"(paid, {"confirm":true})") << paid.body;
  EXPECT_EQ(service->started, 1);
}

TEST_P(ChainTest, NewToolsAreSeen) {
  ASSERT_TRUE(joined);
  auto entry = server.hub().registry().snapshot()->find_shared("fake");
  auto solution = std::make_shared<model::Solution>(*entry->solution);
  solution->skills.push_back(
      hub::testing::fake_skill("newest", model::Shape::invoke, R"({"type":"object"})"));
  entry.reset();
  const auto known = [&] {
    const auto snapshot = front.hub().registry().snapshot();
    return snapshot->find("far")->solution->skill("newest") != nullptr;
  };
  // The listener may still be on its way there: the list is changed until it hears.
  for (int i = 0; i < 100 && !known(); ++i) {
    solution = std::make_shared<model::Solution>(*solution);
    ASSERT_TRUE(server.hub().registry().update(solution->id, solution));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(known());
}

TEST_P(ChainTest, TheAggregateMountBridges) {
  ASSERT_TRUE(joined);
  Caller all(front.url());
  all.initialize();
  const Answer echo = all.legacy("tools/call", R"({"name":"far__echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})") << echo.body;
}

INSTANTIATE_TEST_SUITE_P(AllEras, ChainTest,
                         ::testing::Values(Eras{true, true}, Eras{true, false}, Eras{false, true},
                                           Eras{false, false}),
                         [](const auto& given) {
                           return std::string(given.param.server_legacy ? "LegacyServer"
                                                                        : "ModernServer") +
                                  (given.param.caller_legacy ? "LegacyCaller" : "ModernCaller");
                         });

}  // namespace
}  // namespace weft::mcp_door
