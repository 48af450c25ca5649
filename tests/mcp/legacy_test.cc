#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "bridge.h"

namespace weft::mcp_door {
namespace {

class LegacyDoor : public ::testing::Test {
 protected:
  LegacyDoor() { hub.add("fake", service, fake_skills()); }
  /// Changes the list again and again: the stream that is to hear of it may not be open yet.
  std::thread changing_until(const std::atomic<bool>& heard) {
    return std::thread([&] {
      int number = 0;
      testing::wait_until([&] {
        hub.add(std::format("other{}", ++number), fake_service(), fake_skills());
        return testing::wait_until([&] { return heard.load(); }, Milliseconds(50));
      });
    });
  }
  TestHub hub;
  std::shared_ptr<hub::testing::FakeService> service = fake_service();
  Caller caller{hub.url()};
};

TEST_F(LegacyDoor, BeginsASessionAndListsTools) {
  const Answer begun = caller.initialize();
  EXPECT_EQ(begun.status, 200);
  EXPECT_EQ(begun.at("/result/protocolVersion"), "2025-11-25");
  EXPECT_FALSE(begun.headers.get("Mcp-Session-Id").empty());
  const Answer tools = caller.legacy("tools/list", "{}");
  ASSERT_EQ(tools.status, 200) << tools.body;
  EXPECT_EQ(tools.at("/result/tools/0/name"), "continue_task");
  EXPECT_EQ(tools.at("/result/tools/1/name"), "fake__chat");
  caller.path = "/mcp/fake";
  caller.initialize(R"({"elicitation":{}})");
  EXPECT_EQ(caller.legacy("tools/list", "{}").at("/result/tools/0/name"), "chat");
}

TEST_F(LegacyDoor, OlderRevisionsAreNegotiated) {
  for (const std::string_view version : {"2025-06-18", "2025-03-26", "2024-11-05"}) {
    EXPECT_EQ(caller.initialize("{}", version).at("/result/protocolVersion"), json::value(version));
  }
  EXPECT_EQ(caller.initialize("{}", "1999-01-01").at("/result/protocolVersion"), "2025-11-25");
}

TEST_F(LegacyDoor, CallsATool) {
  caller.initialize();
  const Answer echo =
      caller.legacy("tools/call", R"({"name":"fake__echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.text(), R"(echo {"text":"hi"})");
  EXPECT_TRUE(echo.headers.get("Content-Type").starts_with("application/json"));
  const Answer chat =
      caller.legacy("tools/call", R"({"name":"fake__chat","arguments":{"message":"hello"}})");
  EXPECT_EQ(chat.text(), "you said hello") << chat.body;
  EXPECT_EQ(chat.at("/result/structuredContent/finish_reason"), "stop");
  const Answer list = caller.legacy("tools/call", R"({"name":"fake__list","arguments":{}})");
  EXPECT_EQ(list.at("/result/structuredContent"), parsed(R"({"result":[1,2]})"));
}

TEST_F(LegacyDoor, SaysWhatIsWrong) {
  caller.initialize();
  const Answer bad = caller.legacy("tools/call", R"({"name":"fake__echo","arguments":{"text":7}})");
  EXPECT_EQ(bad.at("/result/isError"), true) << bad.body;
  EXPECT_NE(bad.text().find("/text"), std::string::npos);
  EXPECT_EQ(caller.legacy("tools/call", R"({"name":"nope"})").at("/error/code"), -32602);
  EXPECT_EQ(caller.legacy("no/such", "{}").at("/error/code"), -32601);
  EXPECT_EQ(caller.legacy("ping", "{}").at("/result"), parsed("{}"));
  EXPECT_EQ(caller.legacy("prompts/list", "{}").at("/result/prompts"), parsed("[]"));
  EXPECT_EQ(caller.legacy("logging/setLevel", R"({"level":"loud"})").at("/error/code"), -32602);
  EXPECT_EQ(caller.post(parsed("[]")).status, 400);
}

TEST_F(LegacyDoor, ErrorsHaveTheirPlaces) {
  caller.initialize();
  const auto failed = [&](std::string_view reason) {
    return caller.legacy(
        "tools/call",
        std::format(R"({{"name":"fake__fail","arguments":{{"reason":"{}"}}}})", reason));
  };
  EXPECT_EQ(failed("unsupported").at("/error/code"), -32601);
  EXPECT_EQ(failed("solution_failed").at("/result/isError"), true);
  EXPECT_EQ(failed("unavailable").at("/error/code"), -32603);
  EXPECT_EQ(failed("unavailable").status, 200);
  EXPECT_EQ(failed("unavailable").at("/error/data/reason"), "unavailable");
}

TEST_F(LegacyDoor, SessionsAreNeededAndEnd) {
  EXPECT_EQ(caller.legacy("tools/list", "{}").status, 400);
  caller.initialize();
  caller.path = "/mcp/fake";
  EXPECT_EQ(caller.legacy("tools/list", "{}").status, 404) << "another mount";
  caller.path = "/mcp";
  EXPECT_EQ(caller.send("DELETE", {}).status, 204);
  EXPECT_EQ(caller.legacy("tools/list", "{}").status, 404);
  EXPECT_EQ(caller.send("GET", {}).status, 404);
  EXPECT_EQ(caller.send("PUT", {}).status, 405);
  caller.path = "/mcp/nobody";
  EXPECT_EQ(caller.legacy("initialize", "{}").status, 404);
}

TEST_F(LegacyDoor, ProgressStreamsAndCanBeResumed) {
  caller.initialize();
  const Answer steps = caller.legacy(
      "tools/call", R"({"name":"fake__steps","arguments":{},"_meta":{"progressToken":"p"}})");
  ASSERT_EQ(steps.messages.size(), 4U) << steps.body;
  EXPECT_EQ(steps.messages[0].at("method"), "notifications/progress");
  EXPECT_EQ(steps.messages[0].at("params").at("progressToken"), "p");
  EXPECT_EQ(steps.text(), "done");
  wire::Headers last;
  last.set("Last-Event-ID", steps.event_ids[1]);
  const Answer rest = caller.send("GET", {}, {}, last);
  ASSERT_EQ(rest.messages.size(), 2U) << rest.body;
  EXPECT_EQ(rest.messages[0], steps.messages[2]);
  EXPECT_EQ(rest.messages[1], steps.messages[3]);
}

TEST_F(LegacyDoor, AsksAndGoesOn) {
  caller.initialize(R"({"elicitation":{}})");
  for (const bool yes : {true, false}) {
    const auto reply = [&](const json::value& message, bool&) {
      json::object answer;
      if (!json::find(message, "method")) return answer;
      EXPECT_EQ(message.at("params").at("message"), "Pay 5?");
      answer["jsonrpc"] = "2.0";
      answer["id"] = message.at("id");
      answer["result"] = parsed(yes ? R"({"action":"accept","content":{"confirm":true}})"
                                    : R"({"action":"decline"})");
      return answer;
    };
    const Answer paid =
        caller.legacy("tools/call", R"({"name":"fake__pay","arguments":{"amount":5}})", reply);
    EXPECT_EQ(paid.text(), yes ? R"(paid, {"confirm":true})" : "declined") << paid.body;
  }
}

TEST_F(LegacyDoor, WhoCannotBeAskedGetsATask) {
  caller.initialize();
  const Answer asked =
      caller.legacy("tools/call", R"({"name":"fake__pay","arguments":{"amount":5}})");
  const json::value task = asked.at("/result/structuredContent/task_id");
  ASSERT_TRUE(task.is_string()) << asked.body;
  const auto go_on = [&](std::string_view how) {
    return caller.legacy(
        "tools/call", std::format(R"({{"name":"continue_task","arguments":{{"task_id":{},{}}}}})",
                                  json::write(task), how));
  };
  const Answer wrong = go_on(R"("answers":{"sure":{"confirm":7}})");
  EXPECT_EQ(wrong.at("/result/isError"), true) << wrong.body;
  EXPECT_EQ(go_on(R"("text":"yes")").text(), R"(paid, {"confirm":true})");
  EXPECT_EQ(go_on(R"("text":"yes")").text(), R"(paid, {"confirm":true})") << "again";
}

TEST_F(LegacyDoor, CancelFreesTheSolution) {
  caller.initialize();
  const auto cancel = [&](const json::value&, bool&) { return json::object(); };
  std::thread later([&] {
    testing::wait_until([&] { return *service->running != 0; });
    Caller other = caller;
    other.post(
        parsed(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})"));
  });
  const Answer gone =
      caller.legacy("tools/call", R"({"name":"fake__slow","arguments":{}})", cancel);
  later.join();
  EXPECT_TRUE(gone.messages.empty()) << gone.body;
  EXPECT_EQ(*service->running, 0);
}

TEST_F(LegacyDoor, ChangesOfTheListAreTold) {
  caller.initialize();
  std::atomic<bool> heard = false;
  std::thread changes = changing_until(heard);
  const Answer told = caller.send("GET", {}, [](const json::value&, bool& stop) {
    stop = true;
    return json::object();
  });
  heard = true;
  changes.join();
  EXPECT_EQ(told.at("/method"), "notifications/tools/list_changed") << told.body;
}

TEST_F(LegacyDoor, ADrainEndsWhoOnlyListens) {
  caller.initialize();
  std::atomic<bool> heard = false;
  std::thread changes = changing_until(heard);
  std::thread drain;
  const Answer told = caller.send("GET", {}, [&](const json::value&, bool&) {
    if (!heard.exchange(true))
      drain = std::thread([&] { hub.server().drain(Milliseconds(600'000)); });
    return json::object();
  });
  heard = true;
  changes.join();
  if (drain.joinable()) drain.join();
  EXPECT_EQ(told.status, 200);
}

TEST_F(LegacyDoor, ResultsFitTheListedSchemas) {
  auto skills = fake_skills();
  skills.resize(2);  // echo, pay
  skills[0].output_schema = parsed(R"({"type":"string"})");
  skills[1].output_schema =
      parsed(R"({"type":"array","items":{"$ref":"#/$defs/A"},"$defs":{"A":{}}})");
  hub.add("typed", fake_service(), skills);
  caller.path = "/mcp/typed";
  caller.initialize();
  const Answer tools = caller.legacy("tools/list", "{}");
  EXPECT_EQ(tools.at("/result/tools/2/outputSchema/properties/result/items/$ref"),
            "#/properties/result/$defs/A")
      << tools.body;
  const Answer echo = caller.legacy("tools/call", R"({"name":"echo","arguments":{"text":"hi"}})");
  EXPECT_EQ(echo.at("/result/structuredContent/result"), R"(echo {"text":"hi"})") << echo.body;
  const Answer asked = caller.legacy("tools/call", R"({"name":"pay","arguments":{"amount":5}})");
  EXPECT_EQ(asked.at("/result/isError"), true) << asked.body;
  EXPECT_EQ(asked.at("/result/structuredContent"), json::value());
  const json::value task = asked.at("/result/_meta/weft~1task/task_id");
  const Answer paid = caller.legacy(
      "tools/call",
      std::format(R"({{"name":"continue_task","arguments":{{"task_id":{},"text":"yes"}}}})",
                  json::write(task)));
  EXPECT_EQ(paid.text(), R"(paid, {"confirm":true})") << paid.body;
  EXPECT_EQ(paid.at("/result/isError"), json::value()) << "continue_task promises no data";
}

TEST_F(LegacyDoor, ArgumentsAreAnObject) {
  caller.initialize();
  const Answer wrong = caller.legacy("tools/call", R"({"name":"fake__echo","arguments":[1]})");
  EXPECT_EQ(wrong.at("/error/code"), -32602);
  EXPECT_EQ(wrong.at("/error/data/reason"), "invalid_argument") << wrong.body;
  EXPECT_EQ(wrong.at("/error/data/param"), "/arguments");
}

TEST(LegacyHub, TheToolThatContinuesIsListedWhereTheHubAloneAsks) {
  weft::testing::TestHub hub({adapters::mcp::adapter()});
  model::Solution solution;
  solution.id = SolutionId("plain");
  solution.skills = fake_skills();
  hub::JoinRequest request;
  request.id = solution.id;
  request.approvals["pay"] = hub::Approval::hub;
  hub.add(hub::make_entry(solution, fake_service(), request, "a test made it"));
  Caller caller(hub.url());
  caller.initialize();
  EXPECT_EQ(caller.legacy("tools/list", "{}").at("/result/tools/0/name"), "continue_task");
}

// A server in a child process that has no resource, and tells what trace a prompt was asked with.
constexpr std::string_view kServer = R"sh(
while IFS= read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  trace=$(printf '%s' "$line" | sed -n 's/.*"traceparent":"\([^"]*\)".*/\1/p')
  answer() { printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$1"; }
  case $line in
    *server/discover*) answer '"error":{"code":-32601,"message":"no"}' ;;
    *'"initialize"'*) answer '"result":{"protocolVersion":"2025-06-18","capabilities":{"prompts":{},"resources":{}},"serverInfo":{"name":"sh","version":"1"}}' ;;
    *resources/read*) answer '"error":{"code":-32002,"message":"no such thing","data":{"uri":"test://x"}}' ;;
    *prompts/get*) answer '"result":{"description":"'"$trace"'","messages":[]}' ;;
  esac
done
)sh";

class BridgedServer : public ::testing::Test {
 protected:
  BridgedServer() {
    hub::JoinRequest request;
    request.id = SolutionId("shell");
    request.command = {"/bin/sh", "-c", std::string(kServer)};
    joined = hub.join(request);
    caller.path = "/mcp/shell";
    caller.initialize();
  }
  TestHub hub;
  Result<hub::JoinReport> joined;
  Caller caller{hub.url()};
};

TEST_F(BridgedServer, AMissingResourceIsNamedInTheWordsOfTheEra) {
  ASSERT_TRUE(joined) << joined.error().message;
  const Answer legacy = caller.legacy("resources/read", R"({"uri":"test://x"})");
  EXPECT_EQ(legacy.at("/error/code"), -32002) << legacy.body;
  EXPECT_EQ(legacy.at("/error/data/uri"), "test://x");
  EXPECT_EQ(legacy.at("/error/message"), "no such thing");
  Caller other(hub.url());
  other.path = "/mcp/shell";
  const Answer modern = other.modern("resources/read", R"({"uri":"test://x"})");
  EXPECT_EQ(modern.at("/error/code"), -32602) << modern.body;
  EXPECT_EQ(modern.at("/error/data/uri"), "test://x");
}

TEST_F(BridgedServer, TraceAndDepthGoOn) {
  ASSERT_TRUE(joined) << joined.error().message;
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  caller.headers.set("traceparent", trace);
  EXPECT_EQ(caller.legacy("prompts/get", R"({"name":"p"})").at("/result/description"),
            json::value(trace));
  caller.headers.remove("traceparent");
  const std::string meta = std::format(R"({{"name":"p","_meta":{{"traceparent":"{}"}}}})", trace);
  EXPECT_EQ(caller.legacy("prompts/get", meta).at("/result/description"), json::value(trace));
  caller.headers.set("Weft-Depth", "100");
  EXPECT_EQ(caller.legacy("prompts/get", R"({"name":"p"})").at("/error/data/reason"),
            "rate_limited");
}

/// Notes the session of each request, so that it can be ended behind its client's back.
class ForgetfulHub : public ::testing::Test {
 protected:
  ForgetfulHub()
      : hub({adapters::mcp::adapter()}, [this](net::Handler front) {
          return [this, front = std::move(front)](net::Exchange& exchange) -> Awaitable<> {
            if (exchange.head().method == "POST")
              note(std::string(exchange.head().headers.get("Mcp-Session-Id")));
            co_await front(exchange);
          };
        }) {
    hub.add(hub::testing::fake_solution("fake", fake_service(), fake_skills()));
  }
  void note(std::string id) {
    const std::lock_guard lock(mutex_);
    if (!id.empty()) session_ = std::move(id);
  }
  std::string session() {
    const std::lock_guard lock(mutex_);
    return session_;
  }
  void forget() {
    Caller caller(hub.url());
    caller.headers.set("Mcp-Session-Id", session());
    EXPECT_EQ(caller.send("DELETE", {}).status, 204);
  }

 private:
  std::mutex mutex_;
  std::string session_;

 protected:
  weft::testing::TestHub hub;
};

TEST_F(ForgetfulHub, TheStdioBridgeBeginsAnew) {
  BridgeRun bridge(hub.url());
  bridge.initialize();
  EXPECT_TRUE(bridge.request(1, "tools/list", "{}").at("result").is_object());
  const std::string before = session();
  for (int id = 2; id < 4; ++id) {
    forget();
    const json::value echo =
        bridge.request(id, "tools/call", R"({"name":"fake__echo","arguments":{"text":"hi"}})");
    ASSERT_NE(json::find(echo, "result"), nullptr) << json::write(echo);
    EXPECT_EQ(echo.at("result").at("content").at(0).at("text"), R"(echo {"text":"hi"})");
  }
  EXPECT_NE(session(), before);
  const auto changes = std::ranges::count_if(bridge.passed, [](const json::value& message) {
    return message.at("method") == "notifications/tools/list_changed";
  });
  EXPECT_EQ(changes, 2) << "what the client knows of the tools may be old";
}

TEST_F(ForgetfulHub, AnAnswerGoesToTheSessionThatAsked) {
  BridgeRun bridge(hub.url());
  bridge.initialize(R"({"elicitation":{}})");
  const auto ask = [&](int id) {
    bridge.send(std::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":)"
                            R"({{"name":"fake__pay","arguments":{{"amount":{}}}}}}})",
                            id, id));
    return bridge.until([](const json::value& message) {
      const json::value* method = json::find(message, "method");
      return method != nullptr && *method == "elicitation/create";
    });
  };
  const auto answer = [&](const json::value& question, std::string_view action) {
    bridge.send(std::format(R"({{"jsonrpc":"2.0","id":{},"result":{{"action":"{}",)"
                            R"("content":{{"confirm":true}}}}}})",
                            json::write(question.at("id")), action));
  };
  const json::value first = ask(5);
  forget();
  const json::value second = ask(6);
  ASSERT_TRUE(second.is_object());
  EXPECT_NE(first.at("id"), second.at("id"));
  answer(first, "decline");
  answer(second, "accept");
  const json::value paid = bridge.answer(6);
  EXPECT_EQ(paid.at("result").at("content").at(0).at("text"), R"(paid, {"confirm":true})");
}

/// Says its arguments, on any loop.
class Parrot final : public hub::ProducingService {
  Awaitable<Result<model::Output>> run(std::shared_ptr<const model::Call> call,
                                       hub::Emitter& out) override {
    (void)out;
    co_return hub::testing::text_output(json::write(*call->args));
  }
};

TEST_F(ForgetfulHub, ManyAnswersAtOnceAreWrittenInTurn) {
  hub.add(hub::testing::fake_solution(
      "parrot", std::make_shared<Parrot>(),
      {hub::testing::fake_skill("say", model::Shape::invoke, R"({"type":"object"})")}));
  BridgeRun bridge(hub.url());
  bridge.initialize();
  const std::string text(200'000, 'x');
  constexpr int kCalls = 16;
  for (int id = 1; id <= kCalls; ++id) {
    bridge.send(std::format(R"({{"jsonrpc":"2.0","id":{},"method":"tools/call","params":)"
                            R"({{"name":"parrot__say","arguments":{{"text":"{}"}}}}}})",
                            id, text));
  }
  std::set<std::int64_t> answered;
  while (answered.size() < kCalls) {
    const json::value message =
        bridge.until([](const json::value& m) { return json::find(m, "result") != nullptr; });
    ASSERT_TRUE(message.is_object());
    answered.insert(message.at("id").get_int64());
  }
}

}  // namespace
}  // namespace weft::mcp_door
