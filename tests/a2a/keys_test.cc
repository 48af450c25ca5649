// What a key sees of a hub: what it may call, and nothing else.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <format>

#include "harness.h"

namespace weft::a2a_door {
namespace {

class KeysDoor : public ::testing::Test {
 protected:
  KeysDoor() {
    hub_.add("shop", fake_skills());
    hub_.add("vault", {hub::testing::fake_skill("talk", model::Shape::converse)});
    all_ = make("ada", {});
    shop_ = make("bob", {"shop"});
  }
  std::string make(std::string name, std::vector<std::string> solutions) {
    auto made = boost::asio::co_spawn(
        hub_.executor(), hub_.hub().keys().make(std::move(name), false, std::move(solutions)),
        boost::asio::use_future);
    return made.get().value().secret;
  }
  Answer get(std::string target, const std::string& key, std::string etag = "") {
    Sent sent;
    sent.method = "GET";
    sent.target = std::move(target);
    if (!key.empty()) sent.headers.add("Authorization", "Bearer " + key);
    if (!etag.empty()) sent.headers.add("If-None-Match", etag);
    return send(hub_.url(), std::move(sent));
  }
  Answer ask(std::string target, std::string_view method, std::string_view params,
             const std::string& key) {
    Sent sent;
    sent.target = std::move(target);
    sent.headers.add("Authorization", "Bearer " + key);
    sent.body =
        std::format(R"({{"jsonrpc":"2.0","id":"r1","method":"{}","params":{}}})", method, params);
    return send(hub_.url(), std::move(sent));
  }
  static bool tells(const Answer& answer, std::string_view word) {
    return answer.body.find(word) != std::string::npos;
  }

  TestHub hub_;
  std::string all_;
  std::string shop_;
};

constexpr const char* kHubCard = "/.well-known/agent-card.json";
constexpr std::string_view kWords =
    R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"do it"}]}})";

std::string naming(std::string_view skill) {
  return std::format(
      R"({{"message":{{"messageId":"m","role":"ROLE_USER","parts":[{{"data":{{"skill":"{}"}}}}]}}}})",
      skill);
}

TEST_F(KeysDoor, WithoutOneTheCardTellsHowToComeIn) {
  for (const std::string key : {"", "nonsense"}) {
    const Answer card = get(kHubCard, key);
    ASSERT_EQ(card.status, 200);
    EXPECT_EQ(card.at("/skills"), json::value(json::array()));
    EXPECT_EQ(card.text_at("/name"), "weft");
    EXPECT_EQ(card.text_at("/supportedInterfaces/0/url"), hub_.url() + "/a2a");
    EXPECT_EQ(card.text_at("/securitySchemes/bearer/type"), "http");
    EXPECT_EQ(card.at("/supportsAuthenticatedExtendedCard"), json::value(true));
    for (const std::string_view name : {"shop", "vault"}) EXPECT_FALSE(tells(card, name)) << name;
  }
}

TEST_F(KeysDoor, TheCardsTellWhatTheKeyMayCall) {
  for (const char* place :
       {kHubCard, "/a2a/.well-known/agent-card.json", "/a2a/extendedAgentCard", "/a2a/v1/card"}) {
    const Answer whole = get(place, all_);
    EXPECT_TRUE(tells(whole, "shop__echo") && tells(whole, "vault__talk")) << place << whole.body;
    const Answer part = get(place, shop_);
    EXPECT_TRUE(tells(part, "shop__echo")) << place << part.body;
    EXPECT_FALSE(tells(part, "vault")) << place << part.body;
  }
  const Answer extended = ask("/a2a", "GetExtendedAgentCard", "{}", shop_);
  EXPECT_TRUE(tells(extended, "shop__echo")) << extended.body;
  EXPECT_FALSE(tells(extended, "vault")) << extended.body;
}

TEST_F(KeysDoor, ACardIsKeptForItsKeyAlone) {
  const Answer whole = get(kHubCard, all_);
  const Answer part = get(kHubCard, shop_);
  EXPECT_TRUE(whole.headers.get("Cache-Control").starts_with("private"));
  EXPECT_TRUE(whole.headers.has_token("Vary", "Authorization"));
  EXPECT_TRUE(whole.headers.has_token("Vary", "X-Api-Key"));
  const std::string etag(whole.headers.get("ETag"));
  EXPECT_NE(part.headers.get("ETag"), etag);
  EXPECT_EQ(get(kHubCard, all_, etag).status, 304);
  EXPECT_EQ(get(kHubCard, shop_, etag).status, 200);
  EXPECT_EQ(get(kHubCard, "", etag).status, 200);
}

TEST_F(KeysDoor, WhichSkillIsAskedOfThoseOfTheKey) {
  const Answer whole = ask("/a2a", "SendMessage", kWords, all_);
  EXPECT_TRUE(tells(whole, "vault__talk")) << whole.body;
  const Answer part = ask("/a2a", "SendMessage", kWords, shop_);
  EXPECT_TRUE(tells(part, "INPUT_REQUIRED")) << part.body;
  EXPECT_TRUE(tells(part, "echo")) << part.body;
  EXPECT_FALSE(tells(part, "vault")) << part.body;
}

TEST_F(KeysDoor, WhatItMayNotCallIsNotThere) {
  const auto said = [&](std::string_view skill) {
    const Answer answer = ask("/a2a", "SendMessage", naming(skill), shop_);
    std::string body = answer.body;
    for (auto at = body.find(skill); at != std::string::npos; at = body.find(skill))
      body.replace(at, skill.size(), "*");
    return std::to_string(answer.status) + body;
  };
  EXPECT_EQ(said("vault__talk"), said("cellar__talk"));
  const auto card = [&](std::string_view name) {
    const Answer answer = get(std::format("/a2a/{}/.well-known/agent-card.json", name), shop_);
    std::string body = answer.body;
    for (auto at = body.find(name); at != std::string::npos; at = body.find(name))
      body.replace(at, name.size(), "*");
    return std::to_string(answer.status) + body;
  };
  EXPECT_EQ(card("vault"), card("cellar"));
  EXPECT_EQ(ask("/a2a", "SendMessage", naming("vault__talk"), all_).status, 200);
}

}  // namespace
}  // namespace weft::a2a_door
