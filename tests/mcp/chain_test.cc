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
  const auto change = [&] {
    solution = std::make_shared<model::Solution>(*solution);
    EXPECT_TRUE(server.hub().registry().update(solution->id, solution));
    return testing::wait_until(known, Milliseconds(50));
  };
  EXPECT_TRUE(testing::wait_until(change));
}

TEST_P(ChainTest, ASubscriptionIsNoCall) {
  if (GetParam().caller_legacy) return;
  EXPECT_TRUE(front.hub().registry().remove(SolutionId("far")));
  hub::JoinRequest request;
  request.id = SolutionId("far");
  request.url = server.url() + "/mcp/fake";
  request.concurrency_max = 1;
  ASSERT_TRUE(front.join(request));
  Answer echo;
  const auto call_once = [&](const json::value&, bool& stop) {
    stop = true;
    std::thread other([&] { echo = call(R"({"name":"echo","arguments":{"text":"hi"}})"); });
    other.join();
    return json::object();
  };
  const Answer told = caller.modern("subscriptions/listen",
                                    R"({"notifications":{"toolsListChanged":true}})", call_once);
  EXPECT_EQ(told.messages.size(), 1U) << told.body;
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})") << echo.body;
}

TEST_P(ChainTest, TheAggregateMountBridges) {
  ASSERT_TRUE(joined);
  Caller all(front.url());
  all.initialize();
  const Answer echo = all.legacy("tools/call", R"({"name":"far__echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})") << echo.body;
}

/// The same, where the first hub asks before one skill: every door to it asks, /mcp/far too.
class ApprovedChainTest : public ChainTest {
 protected:
  ApprovedChainTest() {
    hub::JoinRequest request;
    request.id = SolutionId("far");
    request.url = server.url() + "/mcp/fake";
    request.approvals["echo"] = hub::Approval::hub;
    EXPECT_TRUE(front.hub().registry().remove(request.id));
    joined = front.join(request);
    if (GetParam().caller_legacy) caller.initialize(R"({"elicitation":{}})");
  }
  /// Calls `echo` and answers the question, if there is one.
  Answer echo(std::string_view action) {
    const std::string what = R"("name":"echo","arguments":{"text":"hi"})";
    if (GetParam().caller_legacy) {
      return call("{" + what + "}", [&](const json::value& message, bool&) {
        json::object answer;
        if (!json::find(message, "method")) return answer;
        ++questions;
        answer["jsonrpc"] = "2.0";
        answer["id"] = message.at("id");
        answer["result"] = parsed(std::format(R"({{"action":"{}"}})", action));
        return answer;
      });
    }
    const Answer asked = call("{" + what + "}");
    if (asked.at("/result/resultType") != "input_required") return asked;
    ++questions;
    const std::string key(asked.at("/result/inputRequests").get_object().begin()->key());
    return call(
        std::format(R"({{{},"requestState":{},"inputResponses":{{"{}":{{"action":"{}"}}}}}})", what,
                    json::write(asked.at("/result/requestState")), key, action));
  }
  int questions = 0;
};

TEST_P(ApprovedChainTest, NothingIsPassedByTheQuestion) {
  ASSERT_TRUE(joined) << joined.error().message;
  const Answer refused = echo("decline");
  EXPECT_EQ(questions, 1) << refused.body;
  EXPECT_EQ(refused.at("/result/isError"), true) << refused.body;
  EXPECT_EQ(service->started, 0);
  const Answer done = echo("accept");
  EXPECT_EQ(questions, 2);
  EXPECT_EQ(done.text(), R"(echo {"text":"hi"})") << done.body;
  const Answer steps = call(R"({"name":"steps","arguments":{}})");
  EXPECT_EQ(steps.text(), "done") << "no question: " << steps.body;
}

TEST_P(ApprovedChainTest, ASessionThatWasPassedThroughEndsWithThePassage) {
  if (!GetParam().caller_legacy) return;
  EXPECT_TRUE(front.hub().registry().remove(SolutionId("far")));
  hub::JoinRequest request;
  request.id = SolutionId("far");
  request.url = server.url() + "/mcp/fake";
  ASSERT_TRUE(front.join(request));
  caller.initialize();
  EXPECT_EQ(echo("decline").text(), R"(echo {"text":"hi"})");
  const auto entry = front.hub().registry().snapshot()->find_shared("far");
  request.approvals["echo"] = hub::Approval::hub;
  EXPECT_TRUE(front.hub().registry().remove(request.id));
  EXPECT_TRUE(front.hub().registry().add(
      hub::make_entry(*entry->solution, entry->service, request, "a test made it")));
  const Answer after = call(R"({"name":"echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(after.status, 404) << after.body;
  EXPECT_EQ(service->started, 1);
}

const auto kAllEras =
    ::testing::Values(Eras{true, true}, Eras{true, false}, Eras{false, true}, Eras{false, false});

std::string name_of(const ::testing::TestParamInfo<Eras>& given) {
  return std::string(given.param.server_legacy ? "LegacyServer" : "ModernServer") +
         (given.param.caller_legacy ? "LegacyCaller" : "ModernCaller");
}

INSTANTIATE_TEST_SUITE_P(AllEras, ChainTest, kAllEras, name_of);
INSTANTIATE_TEST_SUITE_P(AllEras, ApprovedChainTest, kAllEras, name_of);

}  // namespace
}  // namespace weft::mcp_door
