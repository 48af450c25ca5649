// The solution side over real sockets: an agent that answers as a script says, and another hub.
#include <gtest/gtest.h>

#include <format>
#include <thread>

#include "harness.h"
#include "weft/adapters/a2a/peer.h"

namespace weft::a2a_door {
namespace {

constexpr std::string_view kTask =
    R"({"task":{"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_WORKING"}}})";
constexpr std::string_view kDone =
    R"({"statusUpdate":{"taskId":"t1","contextId":"c1","status":{"state":"TASK_STATE_COMPLETED"}}})";
constexpr std::string_view kPiece =
    R"({"artifactUpdate":{"taskId":"t1","contextId":"c1","artifact":{"artifactId":"a","parts":[{"text":"hello"}]}}})";
constexpr std::string_view kAsk =
    R"({"statusUpdate":{"taskId":"t1","contextId":"c1","status":{"state":"TASK_STATE_INPUT_REQUIRED",
        "message":{"messageId":"q","role":"ROLE_AGENT","parts":[{"text":"Which day?"}]}}}})";
constexpr std::string_view kMessage =
    R"({"message":{"messageId":"m","contextId":"c1","role":"ROLE_AGENT","parts":[{"text":"hello"}]}})";

constexpr const char* kUnknownTask =
    R"({"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"no such task"}})";

Agent::Reply stream(std::vector<std::string_view> results, bool hang = false) {
  Agent::Reply reply;
  reply.type = "text/event-stream";
  for (const std::string_view result : results) reply.pieces.push_back(event_of(result));
  reply.hang = hang;
  return reply;
}

Agent::Reply plain(std::string_view result) {
  Agent::Reply reply;
  reply.pieces.push_back(result_of(result));
  return reply;
}

model::Call say(std::string text) {
  model::Call call;
  call.id = CallId("call-1");
  call.solution = SolutionId("diary");
  call.skill = SkillId("talk");
  call.principal.name = "local";
  call.reply = model::Reply::stream;
  call.turns.push_back({"", model::Role::user, "", {model::Part::text(std::move(text))}});
  return call;
}

const model::End& end_of(const std::vector<model::Event>& events) {
  return std::get<model::End>(events.back().body);
}

std::string text_of(const std::vector<model::Event>& events) {
  const model::End& end = end_of(events);
  return end.outcome ? model::plain_text(*end.outcome) : "error: " + end.outcome.error().message;
}

Reason reason_of(const std::vector<model::Event>& events) {
  const model::End& end = end_of(events);
  return end.outcome ? Reason::none : end.outcome.error().reason;
}

/// A hub that an agent with this script has joined.
struct Joined {
  Joined(std::string card, Agent::Script script) : agent(std::move(card), std::move(script)) {
    const auto joined = hub.join(agent.url(), "diary");
    EXPECT_TRUE(joined) << joined.error().message;
  }
  Agent agent;
  TestHub hub;
};

TEST(Client, StreamsAnAnswer) {
  Joined j(card_of(true),
           [](const std::string&, const json::object&) { return stream({kTask, kPiece, kDone}); });
  const auto events = j.hub.call(say("hi"));
  EXPECT_EQ(text_of(events), "hello");
  EXPECT_TRUE(std::holds_alternative<model::Accepted>(events.front().body));
  EXPECT_EQ(j.agent.methods(), std::vector<std::string>{"SendStreamingMessage"});
}

TEST(Client, TakesAMessageWhetherStreamedOrNot) {
  for (const bool streaming : {true, false}) {
    Joined j(card_of(streaming),
             [](const std::string&, const json::object&) { return plain(kMessage); });
    EXPECT_EQ(text_of(j.hub.call(say("hi"))), "hello");
  }
}

TEST(Client, AnswersQuestionsInTheSameTask) {
  Joined j(card_of(true), [](const std::string&, const json::object& params) {
    const json::value* task = json::at_pointer(json::value(params), "/message/taskId");
    return task == nullptr ? stream({kTask, kAsk}) : stream({kPiece, kDone});
  });
  std::string asked;
  const auto events = j.hub.call(say("book"), [&](const model::Ask& ask) {
    asked = ask.items.begin()->second.message;
    model::Answers answers;
    answers[ask.items.begin()->first].text = "Friday";
    return answers;
  });
  EXPECT_EQ(asked, "Which day?");
  EXPECT_EQ(text_of(events), "hello");
}

/// What a caller says to whom it goes on with.
model::Call say_as(std::string who, std::string context, std::string task = "") {
  model::Call call = say("hi");
  call.principal.name = std::move(who);
  call.turns.clear();
  json::object args{{"message", "hi"}, {"context_id", std::move(context)}};
  if (!task.empty()) args["task_id"] = std::move(task);
  call.args = std::move(args);
  return call;
}

TEST(Client, GoesOnWithNobodyElsesConversationOrTask) {
  std::vector<std::string> sent;
  Joined j(card_of(true), [&](const std::string&, const json::object& params) {
    const json::object& message = params.at("message").as_object();
    sent.push_back(std::format("{}/{}", json::string_at(message, "contextId"),
                               json::string_at(message, "taskId")));
    return stream({kTask, kPiece, kDone});
  });
  EXPECT_EQ(text_of(j.hub.call(say_as("ada", "ours"))), "hello");
  EXPECT_EQ(text_of(j.hub.call(say_as("ada", "ours", "t1"))), "hello");
  EXPECT_EQ(sent, (std::vector<std::string>{"/", "c1/t1"}));
  // The same words of somebody else, and the agent's own: neither is his.
  for (const char* context : {"ours", "c1"}) {
    sent.clear();
    EXPECT_EQ(text_of(j.hub.call(say_as("bob", context))), "hello");
    EXPECT_EQ(sent, std::vector<std::string>{"/"}) << context;
  }
  // Whose name begins another's, with what is missing put into the handle.
  sent.clear();
  EXPECT_EQ(text_of(j.hub.call(say_as("ad", "aours"))), "hello");
  EXPECT_EQ(sent, std::vector<std::string>{"/"});
  sent.clear();
  const auto hers = j.hub.call(say_as("cleo", "mine", "t1"));
  const auto nobodys = j.hub.call(say_as("cleo", "mine", "t9"));
  EXPECT_EQ(reason_of(hers), Reason::task_not_found);
  EXPECT_EQ(text_of(hers),
            "error: solution \"diary\": there is no task `t1` of yours at the agent");
  EXPECT_EQ(text_of(nobodys),
            "error: solution \"diary\": there is no task `t9` of yours at the agent");
  EXPECT_TRUE(sent.empty()) << "the agent was asked";
}

TEST(Client, PollsAnAgentThatDoesNotStream) {
  int asked = 0;
  Joined j(card_of(false), [&](const std::string& method, const json::object&) {
    if (method == "SendMessage") return plain(kTask);
    const std::string_view working =
        R"({"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_WORKING"}})";
    const std::string_view done =
        R"({"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_COMPLETED"},"artifacts":[{"artifactId":"a","parts":[{"text":"hello"}]}]})";
    return plain(++asked < 2 ? working : done);
  });
  EXPECT_EQ(text_of(j.hub.call(say("hi"))), "hello");
  EXPECT_EQ(asked, 2);
}

TEST(Client, ACutStreamIsFollowedUpByAskingForTheTask) {
  Joined j(card_of(true), [](const std::string& method, const json::object&) {
    if (method != "GetTask") return stream({kTask, kPiece});
    return plain(R"({"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_COMPLETED"},
                     "artifacts":[{"artifactId":"a","parts":[{"text":"hello"},{"text":" world"}]}]})");
  });
  EXPECT_EQ(text_of(j.hub.call(say("hi"))), "hello world");
}

// Fault 3: wherever a stream ends too early, it is no answer, and what was asked is not asked
// again.
TEST(Client, AStreamCutAtEveryByteIsNoAnswer) {
  const std::string whole = event_of(kTask) + event_of(kPiece) + event_of(kDone);
  std::string sent;
  Joined j(card_of(true), [&](const std::string& method, const json::object&) {
    if (method != "SendStreamingMessage")
      return Agent::Reply{200, "application/json", {kUnknownTask}, false};
    return Agent::Reply{200, "text/event-stream", {sent}, false};
  });
  // Without the empty line an event is none.
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    sent = whole.substr(0, cut);
    const auto asked = std::ranges::count(j.agent.methods(), "SendStreamingMessage");
    const auto events = j.hub.call(say("hi"));
    EXPECT_FALSE(end_of(events).outcome) << cut;
    EXPECT_EQ(std::ranges::count(j.agent.methods(), "SendStreamingMessage"), asked + 1) << cut;
    // A whole answer in between: after too many broken ones the hub would not ask any more.
    sent = whole;
    EXPECT_EQ(text_of(j.hub.call(say("hi"))), "hello") << cut;
  }
}

TEST(Client, WhatIsWholeBeforeRubbishIsTold) {
  const std::string sent = event_of(kTask) + event_of(kPiece) + event_of(kDone) + "\xff\n\n";
  Joined j(card_of(true), [&](const std::string&, const json::object&) {
    return Agent::Reply{200, "text/event-stream", {sent}, false};
  });
  EXPECT_EQ(text_of(j.hub.call(say("hi"))), "hello");
}

TEST(Client, CancellingTellsTheAgent) {
  Joined j(card_of(true), [](const std::string& method, const json::object&) {
    return method == "CancelTask"
               ? plain(R"({"id":"t1","contextId":"c1","status":{"state":"TASK_STATE_CANCELED"}})")
               : stream({kTask}, true);
  });
  const auto events = j.hub.call(say("hi"), {}, 1);
  EXPECT_EQ(reason_of(events), Reason::cancelled);
  EXPECT_EQ(j.agent.methods(), (std::vector<std::string>{"SendStreamingMessage", "CancelTask"}));
}

TEST(Client, RubbishIsTheAgentsFault) {
  const std::vector<std::pair<std::string, Agent::Reply>> cases{
      {"no JSON", {200, "application/json", {"<<<"}, false}},
      {"wrong shape", {200, "application/json", {"[[],7]"}, false}},
      {"no result", {200, "application/json", {R"({"jsonrpc":"2.0","id":"1"})"}, false}},
      {"another type", {200, "text/html", {"<h1>It works</h1>"}, false}},
      {"empty", {200, "application/json", {}, false}},
      {"no item", plain("{}")},
      {"no state", plain(R"({"task":{"id":"t","status":{"state":"DANCING"}}})")},
      {"bad event", {200, "text/event-stream", {"data: {\n\n"}, false}},
      {"nothing streamed", stream({})},
      {"another's task",
       stream(
           {kTask,
            R"({"statusUpdate":{"taskId":"t2","contextId":"c1","status":{"state":"TASK_STATE_WORKING"}}})"})},
  };
  for (const auto& [name, reply] : cases) {
    Joined j(card_of(true), [&](const std::string& method, const json::object&) {
      return method == "CancelTask" ? plain("{}") : reply;
    });
    const auto events = j.hub.call(say("hi"));
    EXPECT_EQ(reason_of(events), Reason::upstream_protocol) << name << ": " << text_of(events);
    EXPECT_NE(text_of(events).find("diary"), std::string::npos) << name;
  }
}

TEST(Client, StatusesKeepTheirMeaning) {
  const auto reason = [](int status) {
    Joined j(card_of(true), [&](const std::string&, const json::object&) {
      return Agent::Reply{status, "text/html", {"<h1>no</h1>"}, false};
    });
    return reason_of(j.hub.call(say("hi")));
  };
  EXPECT_EQ(reason(503), Reason::unavailable);
  EXPECT_EQ(reason(429), Reason::rate_limited);
  EXPECT_EQ(reason(529), Reason::unavailable);
}

// What an agent says of credentials is about weft's: the caller's own were good.
TEST(Client, AnAgentThatWantsCredentialsIsUnavailable) {
  constexpr std::string_view kSaid =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"who are you?","data":[
          {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"UNAUTHENTICATED","domain":"x"}]}})";
  constexpr std::string_view kBare =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"who are you?"}})";
  constexpr std::string_view kFailed =
      R"({"statusUpdate":{"taskId":"t1","contextId":"c1","status":{"state":"TASK_STATE_FAILED"},
          "metadata":{"weft.error":{"code":"permission_denied","reason":"permission_denied","message":"who are you?"}}}})";
  const std::vector<Agent::Reply> replies{
      {401, "application/json", {std::string(kSaid)}},
      {401, "application/json", {std::string(kBare)}},
      {403, "application/json", {std::string(kBare)}},
      {401, "text/plain", {"who are you?"}},
      {200, "application/json", {std::string(kSaid)}},
      stream({kTask, kFailed}),
  };
  for (const Agent::Reply& reply : replies) {
    Joined j(card_of(true), [&](const std::string&, const json::object&) { return reply; });
    const auto events = j.hub.call(say("hi"));
    EXPECT_EQ(reason_of(events), Reason::unavailable) << text_of(events);
    EXPECT_NE(text_of(events).find("who are you?"), std::string::npos) << text_of(events);
    EXPECT_NE(text_of(events).find("--bearer"), std::string::npos) << text_of(events);
  }
}

TEST(Client, ARefusalIsOneWhateverItsStatus) {
  Joined j(card_of(true), [](const std::string&, const json::object&) {
    return Agent::Reply{
        403,
        "application/json",
        {R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"not that","data":[
             {"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"REFUSED","domain":"weft"}]}})"}};
  });
  EXPECT_EQ(reason_of(j.hub.call(say("hi"))), Reason::refused);
}

TEST(Client, AWaitThatOnlyTheHeadNamesIsTold) {
  Joined j(card_of(true), [&](const std::string&, const json::object&) {
    Agent::Reply reply{429,
                       "application/json",
                       {R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"busy"}})"}};
    reply.headers.add("Retry-After", "7");
    return reply;
  });
  const auto events = j.hub.call(say("hi"));
  EXPECT_EQ(end_of(events).outcome.error().retry_after, Milliseconds(7'000));
}

TEST(Client, AnInterfaceOnAnotherHostIsNotReachedInside) {
  for (const std::string_view target :
       {"http://127.0.0.1:1/rpc", "http://169.254.169.254/latest", "http://[::1]:1/",
        "http://10.0.0.1/", "http://2130706433:1/", "http://0.0.0.0:1/"}) {
    Joined j(card_of(true, target),
             [](const std::string&, const json::object&) { return plain(kMessage); });
    const auto events = j.hub.call(say("hi"));
    EXPECT_EQ(reason_of(events), Reason::permission_denied) << target << ": " << text_of(events);
  }
}

TEST(Client, OneHubIsAnAgentToAnother) {
  TestHub far;
  far.add("shop", fake_skills());
  TestHub near;
  const auto joined = near.join(far.url() + "/a2a/shop", "diary");
  ASSERT_TRUE(joined) << joined.error().message;
  model::Call call = say("");
  call.turns.clear();
  call.skill = SkillId("echo");
  call.args = parsed(R"({"text":"hi"})");
  const auto events = near.call(call);
  ASSERT_TRUE(end_of(events).outcome) << text_of(events);
  EXPECT_EQ(model::plain_data(*end_of(events).outcome), parsed(R"({"text":"hi"})"));
  call.skill = SkillId("fail");
  call.args = parsed(R"({"reason":"rate_limited"})");
  EXPECT_EQ(reason_of(near.call(call)), Reason::rate_limited);
}

TEST(Client, AnA2aCallerOfAnAgentGetsWhatItSaid) {
  json::object seen;
  Joined j(card_of(true), [&](const std::string&, const json::object& params) {
    seen = params;
    return plain(kMessage);
  });
  const Answer answer =
      rpc(j.hub.url(), "/a2a/diary", "SendMessage",
          R"({"message":{"messageId":"m","role":"ROLE_USER","metadata":{"mine":1},"parts":[
                                {"text":"hi","metadata":{"k":2}},{"data":[1,2]}]},"metadata":{"theirs":3}})");
  EXPECT_EQ(answer.text_at("/result/message/parts/0/text"), "hello") << answer.body;
  EXPECT_NE(answer.text_at("/result/message/contextId"), "c1");
  EXPECT_EQ(*json::at_pointer(json::value(seen), "/message/metadata/mine"), json::value(1));
  EXPECT_EQ(*json::at_pointer(json::value(seen), "/message/parts/0/metadata/k"), json::value(2));
  EXPECT_EQ(*json::at_pointer(json::value(seen), "/message/parts/1/data/1"), json::value(2));
  EXPECT_EQ(*json::at_pointer(json::value(seen), "/metadata/theirs"), json::value(3));
  const Answer streamed =
      rpc(j.hub.url(), "/a2a/diary", "SendStreamingMessage",
          R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]}})");
  ASSERT_EQ(streamed.messages.size(), 1U);
  EXPECT_EQ(streamed.text_at("/result/message/parts/0/text"), "hello");
}

TEST(Client, ACardElsewhereOnTheHostIsNoCertainty) {
  Agent agent(card_of(true),
              [](const std::string&, const json::object&) { return plain(kMessage); });
  const auto sure = [&](const std::string& path) {
    TestHub hub;
    const auto joined = hub.join(agent.url() + path, "diary");
    EXPECT_TRUE(joined) << joined.error().message;
    return joined ? joined->confidence : 0;
  };
  EXPECT_EQ(sure(""), 1);
  EXPECT_EQ(sure("/.well-known/agent-card.json"), 1);
  EXPECT_LT(sure("/openapi.json"), 0.8);
  EXPECT_LT(sure("/v1"), 0.8);
  EXPECT_GT(sure("/rpc"), 0.8);
}

/// What an agent over HTTP+JSON was asked that knows subscriptions by one verb alone.
std::vector<std::string> subscribed(std::string_view verb, adapters::a2a::Version version) {
  namespace a2a = adapters::a2a;
  Agent agent(card_of(true), [&](const std::string& method, const json::object&) {
    if (!method.starts_with(verb)) return Agent::Reply{405, "application/json", {"{}"}};
    return Agent::Reply{200, "text/event-stream", {std::format("data: {}\n\n", kTask)}};
  });
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    auto client = net::HttpClient::create(loop, net::ClientLimits());
    a2a::Agent known;
    known.door.version = version;
    known.door.rest = true;
    known.url = parse_url(agent.url() + "/rest").value();
    a2a::Peer peer(*client, std::make_shared<const a2a::Agent>(std::move(known)),
                   std::make_shared<const hub::JoinRequest>(), model::Call());
    const hub::CallContext context{
        loop.executor(), std::chrono::steady_clock::now() + Milliseconds(15'000), CancelToken()};
    auto answer = co_await peer.subscribe("t1", context);
    EXPECT_TRUE(answer) << answer.error().message;
  });
  return agent.methods();
}

TEST(Client, SubscribesByTheVerbThatTheAgentKnows) {
  using adapters::a2a::Version;
  EXPECT_EQ(subscribed("POST", Version::v10), std::vector<std::string>{"POST /tasks/t1:subscribe"});
  EXPECT_EQ(subscribed("GET", Version::v10),
            (std::vector<std::string>{"POST /tasks/t1:subscribe", "GET /tasks/t1:subscribe"}));
  EXPECT_EQ(subscribed("GET", Version::v03_rest),
            std::vector<std::string>{"GET /v1/tasks/t1:subscribe"});
  EXPECT_EQ(
      subscribed("POST", Version::v03_rest),
      (std::vector<std::string>{"GET /v1/tasks/t1:subscribe", "POST /v1/tasks/t1:subscribe"}));
}

TEST(Client, AgentsOverRestMayAnswerInTheirOwnMediaType) {
  std::string card = card_of(true, "%URL%/rest");
  card.replace(card.find("JSONRPC"), 7, "HTTP+JSON");
  Joined j(std::move(card), [](const std::string&, const json::object&) {
    return Agent::Reply{200, "application/a2a+json", {std::string(kMessage)}};
  });
  EXPECT_EQ(text_of(j.hub.call(say("hi"))), "hello");
  const std::string accept(j.agent.asked_with().get("Accept"));
  EXPECT_NE(accept.find("application/a2a+json"), std::string::npos) << accept;
  EXPECT_EQ(j.agent.asked_with().get("Content-Type"), "application/json");
}

class Extensions : public ::testing::Test {
 protected:
  static std::string card() {
    std::string out = card_of(true);
    constexpr std::string_view kBefore = R"("capabilities":{)";
    out.insert(out.find(kBefore) + kBefore.size(),
               R"("extensions":[{"uri":"urn:test:stamp","params":{"k":1}}],)");
    return out;
  }
  Answer ask(std::string_view method, std::string_view params, std::string name,
             std::string value) {
    Sent sent;
    sent.target = "/a2a/diary";
    sent.body =
        std::format(R"({{"jsonrpc":"2.0","id":"r1","method":"{}","params":{}}})", method, params);
    if (!name.empty()) sent.headers.add(name, value);
    return send(j_.hub.url(), std::move(sent));
  }
  static constexpr std::string_view kNow =
      R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]}})";
  static constexpr std::string_view kOld =
      R"({"message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"hi"}]}})";

  Joined j_{card(), [](const std::string&, const json::object&) {
              Agent::Reply reply = plain(kMessage);
              reply.headers.add("A2A-Extensions", "urn:test:stamp");
              return reply;
            }};
};

TEST_F(Extensions, OfAnAgentAreOnItsCard) {
  Sent sent;
  sent.method = "GET";
  sent.target = "/a2a/diary/.well-known/agent-card.json";
  const Answer shown = send(j_.hub.url(), std::move(sent));
  EXPECT_EQ(shown.text_at("/capabilities/extensions/0/uri"), "urn:test:stamp") << shown.body;
  EXPECT_EQ(shown.at("/capabilities/extensions/0/params/k"), json::value(1));
}

TEST_F(Extensions, AreActivatedAtTheAgent) {
  const Answer now = ask("SendMessage", kNow, "A2A-Extensions", "urn:test:stamp,urn:test:other");
  EXPECT_EQ(now.text_at("/result/message/parts/0/text"), "hello") << now.body;
  EXPECT_EQ(j_.agent.asked_with().get("A2A-Extensions"), "urn:test:stamp, urn:test:other");
  EXPECT_EQ(now.headers.get("A2A-Extensions"), "urn:test:stamp");
  const Answer old = ask("message/send", kOld, "X-A2A-Extensions", "urn:test:stamp");
  EXPECT_EQ(j_.agent.asked_with().get("A2A-Extensions"), "urn:test:stamp");
  EXPECT_EQ(old.headers.get("X-A2A-Extensions"), "urn:test:stamp") << old.body;
  const Answer streamed = ask("SendStreamingMessage", kNow, "A2A-Extensions", "urn:test:stamp");
  EXPECT_EQ(streamed.text_at("/result/message/parts/0/text"), "hello");
  EXPECT_EQ(j_.agent.asked_with().get("A2A-Extensions"), "urn:test:stamp");
}

TEST_F(Extensions, AreNotNamedByThemselves) {
  const Answer now = ask("SendMessage", kNow, "", "");
  EXPECT_EQ(now.text_at("/result/message/parts/0/text"), "hello") << now.body;
  EXPECT_FALSE(j_.agent.asked_with().has("A2A-Extensions"));
}

}  // namespace
}  // namespace weft::a2a_door
