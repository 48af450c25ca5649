#include "weft/adapters/a2a/incoming.h"

#include <gtest/gtest.h>

#include "weft/adapters/a2a/extensions.h"
#include "weft/adapters/a2a/jsonrpc_binding.h"
#include "weft/adapters/a2a/limits.h"
#include "weft/adapters/a2a/outgoing.h"
#include "weft/adapters/a2a/rest_binding.h"
#include "weft/adapters/a2a/testing.h"

namespace weft::adapters::a2a {
namespace {

json::value parse(std::string_view text) { return json::parse(text).value(); }

using testing::entry;
using testing::skill;

Scope one(std::shared_ptr<const hub::Entry> entry) {
  auto snapshot = std::make_shared<hub::Snapshot>();
  snapshot->entries.push_back(entry);
  return {snapshot, std::move(entry)};
}

SendRequest says(std::vector<model::Part> parts) {
  SendRequest request;
  request.message.id = "m1";
  request.message.parts = std::move(parts);
  return request;
}

const auto kTools = [] {
  return one(entry("shop", "mcp",
                   {skill("pay", model::Shape::invoke), skill("echo", model::Shape::invoke)}));
};

TEST(Incoming, ADataPartNamesTheSkill) {
  const auto request =
      says({model::Part::data(parse(R"({"skill":"pay","parameters":{"amount":3}})"))});
  auto target = find_target(kTools(), request);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->skill->id.str(), "pay");
  model::Call call;
  read_call(*target, request, call);
  EXPECT_EQ(call.args, parse(R"({"amount":3})"));
  EXPECT_FALSE(call.meta.contains(kMetaKey));
}

TEST(Incoming, MetadataNamesTheSkill) {
  SendRequest request = says({model::Part::data(parse(R"({"text":"hi"})"))});
  request.message.metadata["weft.skill"] = "echo";
  auto target = find_target(kTools(), request);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->skill->id.str(), "echo");
  model::Call call;
  read_call(*target, request, call);
  EXPECT_EQ(call.args, parse(R"({"text":"hi"})"));
}

TEST(Incoming, AnUnknownSkillIsRefusedWithTheListOfThem) {
  const auto target = find_target(
      kTools(), says({model::Part::data(parse(R"({"skill":"dance","parameters":{}})"))}));
  ASSERT_FALSE(target);
  EXPECT_NE(target.error().message.find("`dance`"), std::string::npos);
  EXPECT_NE(target.error().message.find("`pay`, `echo`"), std::string::npos);
}

TEST(Incoming, WordsForSeveralToolsAreAsked) {
  const auto target = find_target(kTools(), says({model::Part::text("do something")}));
  ASSERT_TRUE(target);
  EXPECT_EQ(target->skill, nullptr);
  const model::Ask ask = which_skill(kTools());
  EXPECT_NE(ask.items.at("skill").message.find("`pay`"), std::string::npos);
}

TEST(Incoming, WordsGoToTheSkillThatTalks) {
  const auto scope = one(entry(
      "a", "openai", {skill("embed", model::Shape::embed), skill("chat", model::Shape::converse)}));
  EXPECT_EQ(find_target(scope, says({model::Part::text("hi")}))->skill->id.str(), "chat");
}

TEST(Incoming, AnAgentGetsTheMessageAsItIs) {
  const auto scope =
      one(entry("clinic", "a2a",
                {skill("triage", model::Shape::converse), skill("book", model::Shape::converse)}));
  SendRequest request =
      says({model::Part::data(parse(R"({"skill":"unlisted","parameters":{"a":1}})"))});
  request.message.metadata["theirs"] = 1;
  request.metadata["also"] = 2;
  request.message.extensions = {"urn:x"};
  request.activate = {"urn:x", "urn:y"};
  auto target = find_target(scope, request);
  ASSERT_TRUE(target);
  model::Call call;
  call.id = CallId("c1");
  read_call(*target, request, call);
  EXPECT_FALSE(call.args);
  const Outgoing out = write_call(call, *target->skill, false);
  EXPECT_EQ(out.manner, Manner::faithful);
  EXPECT_EQ(out.request.message.parts, request.message.parts);
  EXPECT_EQ(out.request.message.metadata, request.message.metadata);
  EXPECT_EQ(out.request.message.extensions, request.message.extensions);
  EXPECT_EQ(out.request.metadata, request.metadata);
  EXPECT_EQ(out.request.activate, request.activate);
  EXPECT_TRUE(out.losses.empty());
}

TEST(Incoming, TheHubsOwnEndpointHasAllSkills) {
  Scope scope = kTools();
  scope.entry = nullptr;
  const auto request =
      says({model::Part::data(parse(R"({"skill":"shop__pay","parameters":{"amount":3}})"))});
  const auto target = find_target(scope, request);
  ASSERT_TRUE(target) << target.error().message;
  EXPECT_EQ(target->skill->id.str(), "pay");
}

TEST(Outgoing, ToolArgumentsBecomeAMessage) {
  model::Call call;
  call.id = CallId("c1");
  call.args = parse(R"({"message":"hello","data":{"n":1},"context_id":"mine","task_id":"t9"})");
  const Outgoing out = write_call(call, skill("talk", model::Shape::converse), false);
  EXPECT_EQ(out.request.message.parts,
            (std::vector{model::Part::text("hello"), model::Part::data(parse(R"({"n":1})"))}));
  EXPECT_EQ(out.conversation, "mine");
  EXPECT_EQ(out.task, "t9");
  EXPECT_EQ(out.manner, Manner::plain);
}

TEST(Outgoing, ArgumentsOfASkillNameIt) {
  model::Call call;
  call.args = parse(R"({"amount":3})");
  const Outgoing out = write_call(call, skill("pay", model::Shape::invoke), false);
  EXPECT_EQ(out.request.message.parts.front(),
            model::Part::data(parse(R"({"skill":"pay","parameters":{"amount":3}})")));
}

TEST(Outgoing, EarlierTurnsAreToldOnce) {
  model::Call call;
  call.turns = {{"", model::Role::user, "", {model::Part::text("I am Wei")}},
                {"", model::Role::assistant, "", {model::Part::text("Hello Wei")}},
                {"", model::Role::user, "", {model::Part::text("Who am I?")}}};
  const Outgoing first = write_call(call, skill("talk", model::Shape::converse), false);
  EXPECT_EQ(first.request.message.parts.size(), 2U);
  EXPECT_EQ(first.losses.size(), 1U);
  const Outgoing later = write_call(call, skill("talk", model::Shape::converse), true);
  EXPECT_EQ(later.request.message.parts, std::vector{model::Part::text("Who am I?")});
  EXPECT_TRUE(later.losses.empty());
}

TEST(Bindings, KnowEveryMethodAndPath) {
  EXPECT_EQ(find_method("SendMessage")->version, Version::v10);
  EXPECT_EQ(find_method("message/stream")->verb, Verb::stream);
  EXPECT_EQ(find_method("sendMessage"), nullptr);
  const auto read = [](std::string_view method, std::vector<std::string> path) {
    return read_rest(method, path);
  };
  EXPECT_EQ(read("POST", {"message:send"})->verb, Verb::send);
  EXPECT_EQ(read("POST", {"v1", "message:stream"})->version, Version::v03_rest);
  EXPECT_EQ(read("GET", {"tasks"})->verb, Verb::list);
  EXPECT_EQ(read("GET", {"tasks", "a"})->id, "a");
  EXPECT_EQ(read("POST", {"tasks", "a:cancel"})->verb, Verb::cancel);
  EXPECT_EQ(read("GET", {"tasks", "a:subscribe"})->verb, Verb::subscribe);
  EXPECT_EQ(read("POST", {"tasks", "a:subscribe"})->id, "a");
  EXPECT_EQ(read("DELETE", {"tasks", "a", "pushNotificationConfigs", "b"})->verb, Verb::push);
  EXPECT_EQ(read("GET", {"extendedAgentCard"})->verb, Verb::card);
  EXPECT_TRUE(read("GET", {"message:send"})->wrong_method);
  for (const auto& path : std::vector<std::vector<std::string>>{
           {}, {"v1"}, {"nothing"}, {"tasks", "a:dance"}, {"tasks", "a", "b"}}) {
    EXPECT_FALSE(read("GET", path));
  }
}

TEST(Bindings, ReadAndNameTheExtensions) {
  wire::Headers headers;
  headers.add("a2a-extensions", "urn:a, https://example.com/b/1 ,, urn:a");
  headers.add("X-A2A-Extensions", "\turn:c");
  const std::vector<std::string> all{"urn:a", "https://example.com/b/1", "urn:c"};
  EXPECT_EQ(extensions_in(headers), all);
  wire::Headers now;
  name_extensions(now, all, Version::v10);
  EXPECT_EQ(now.get("A2A-Extensions"), "urn:a, https://example.com/b/1, urn:c");
  wire::Headers old;
  name_extensions(old, {"urn:a", "no\r\nheader"}, Version::v03);
  EXPECT_EQ(old.get("X-A2A-Extensions"), "urn:a");
  wire::Headers none;
  name_extensions(none, {}, Version::v10);
  EXPECT_TRUE(none.empty());
  std::string many;
  for (std::size_t i = 0; i < 2 * kExtensionsMax; ++i) many += std::format("urn:{},", i);
  headers.set("a2a-extensions", many);
  EXPECT_EQ(extensions_in(headers).size(), kExtensionsMax);
}

TEST(Bindings, ReadTheVersion) {
  const auto version = [](std::string target, std::string header) {
    wire::RequestHead head;
    head.target = std::move(target);
    if (!header.empty()) head.headers.add("a2a-version", std::move(header));
    return named_version(head);
  };
  EXPECT_EQ(version("/a2a", "1.0").version, Version::v10);
  EXPECT_EQ(version("/a2a", "0.3").version, Version::v03);
  EXPECT_EQ(version("/a2a?A2A-Version=1.0", "").version, Version::v10);
  EXPECT_FALSE(version("/a2a", "").version);
  EXPECT_FALSE(version("/a2a", "").fault);
  EXPECT_EQ(version("/a2a", "99.0").fault->row.rpc_code, -32009);
}

}  // namespace
}  // namespace weft::adapters::a2a
