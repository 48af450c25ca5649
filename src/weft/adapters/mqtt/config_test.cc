#include "weft/adapters/mqtt/config.h"

#include <gtest/gtest.h>

#include "weft/adapters/mqtt/limits.h"

namespace weft::adapters::mqtt {
namespace {

Result<Config> read(std::string_view text) {
  return read_config(json::parse(text).value().as_object(), "weft-1");
}

Result<Config> read_ride(std::string_view members) {
  return read(std::format(R"({{"skills":{{"ride":{{{}}}}}}})", members));
}

/// The error of a skill `ride` with these members.
Error fault(std::string_view members) {
  const auto config = read_ride(members);
  return config ? Error() : config.error();
}

TEST(MqttConfig, WhatIsLeftOutHasItsValue) {
  const Config config = read(R"({"title":"City taxi","user":"city","skills":{
      "ride":{"request":"city/taxi/ride"},
      "locate":{"kind":"telemetry","topic":"city/{vehicle}/at"},
      "follow":{"kind":"telemetry","topic":"city/{vehicle}/at","read":"stream"}}})")
                            .value();
  ASSERT_EQ(config.skills.size(), 3U);
  const SkillConfig& ride = config.skills[0];
  EXPECT_EQ(ride.way, Way::exchange);
  EXPECT_EQ(ride.reply, "weft/weft-1/1");
  EXPECT_EQ(ride.qos, 1);
  EXPECT_EQ(ride.first_reply, kFirstReply);
  EXPECT_EQ(ride.idle, kIdle);
  EXPECT_FALSE(ride.state.place);
  EXPECT_FALSE(ride.skill.effects.read_only);
  const SkillConfig& locate = config.skills[1];
  EXPECT_EQ(locate.way, Way::latest);
  EXPECT_TRUE(locate.skill.effects.safe_to_repeat());
  EXPECT_EQ(json::write(*locate.skill.input_schema),
            R"({"type":"object","properties":{"vehicle":{"type":"string","minLength":1}},)"
            R"("required":["vehicle"]})");
  EXPECT_EQ(config.skills[2].idle.count(), 0) << "a stream may be silent for as long as it likes";
}

TEST(MqttConfig, AllOfASkill) {
  const Config config =
      read_ride(R"("title":"Ride","description":"Calls a taxi","examples":["a taxi please"],
          "input":{"type":"object","properties":{"to":{"type":"string"}}},"output":{},
          "effects":{"destructive":true},"request":"a/{to}","reply":"r/{client}","cancel":"c/{to}",
          "state":{"field":"status","working":["busy"],"failed":[],"asks":["which"]},
          "text":"message","qos":0,"first_reply":"500ms","idle":60)")
          .value();
  const SkillConfig& ride = config.skills.front();
  EXPECT_EQ(ride.reply, "r/weft-1");
  EXPECT_EQ(ride.cancel->text(), "c/{to}");
  EXPECT_EQ(ride.state.working, std::vector<std::string>{"busy"});
  EXPECT_TRUE(ride.state.failed.empty());
  EXPECT_EQ(ride.first_reply, Milliseconds(500));
  EXPECT_EQ(ride.idle, Milliseconds(60'000));
  EXPECT_EQ(ride.skill.effects.destructive, true);
  EXPECT_EQ(ride.skill.examples.front(), "a taxi please");
}

TEST(MqttConfig, WhatIsWrongIsSaidWithItsPlace) {
  const auto place = [](std::string_view members) {
    const Error error = fault(members);
    const auto colon = error.message.find(": ");
    return std::format("{} {}", error.param, error.message.substr(0, colon));
  };
  const auto below = [](std::string_view key) {
    std::string dotted(key);
    for (char& c : dotted) c = c == '/' ? '.' : c;
    return std::format("/skills/ride/{} mqtt.skills.ride.{}", key, dotted);
  };
  const std::string a = R"("request":"a",)";
  EXPECT_EQ(place(R"("reqest":"a")"), below("reqest"));
  EXPECT_EQ(place(R"("request":"a/#")"), below("request"));
  EXPECT_EQ(place(R"("request":"$SYS/a")"), below("request"));
  EXPECT_EQ(place(R"("request":"a/x{b}")"), below("request"));
  EXPECT_EQ(place(R"("request":5)"), below("request"));
  EXPECT_EQ(place(a + R"("cancel":"a/{b}","input":{})"), below("cancel"));
  EXPECT_EQ(place(a + R"("reply":"a/{to}")"), below("reply"));
  EXPECT_EQ(place(a + R"("state":{})"), "/skills/ride/state mqtt.skills.ride.state");
  EXPECT_EQ(place(a + R"("state":{"field":"a","property":"b"})"), below("state/field"));
  EXPECT_EQ(place(a + R"("state":{"field":"a","wrking":[]})"), below("state/wrking"));
  EXPECT_EQ(place(a + R"("state":{"field":"a","working":"b"})"), below("state/working"));
  EXPECT_EQ(place(a + R"("qos":2)"), below("qos"));
  EXPECT_EQ(place(a + R"("idle":"soon")"), below("idle"));
  EXPECT_EQ(place(a + R"("idle":0)"), below("idle"));
  EXPECT_EQ(place(a + R"("input":{"type":5})"), below("input"));
  EXPECT_EQ(place(a + R"("effects":{"read_only":"yes"})"), below("effects/read_only"));
  EXPECT_EQ(place(a + R"("reply":"none","state":{"field":"a"})"), below("state"));
  EXPECT_EQ(place(a + R"("kind":"robot")"), below("kind"));
  EXPECT_EQ(place(R"("kind":"telemetry","topic":"a","read":"all")"), below("read"));
  EXPECT_EQ(place(R"("kind":"telemetry","topic":"a","until":{"field":"b","in":["c"]})"),
            below("until"));
  EXPECT_EQ(place(R"("kind":"telemetry","request":"a")"), below("request"));
  EXPECT_EQ(place(R"("title":"a")"), "/skills/ride mqtt.skills.ride");
}

TEST(MqttConfig, WithoutSkillsItIsSaidWhatToWrite) {
  const auto none = read("{}");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().param, "/skills");
  EXPECT_TRUE(none.error().message.contains("which topics it listens to"));
  EXPECT_TRUE(none.error().message.contains(example()));
  EXPECT_FALSE(read(R"({"skills":{"a b":{"request":"a"}}})"));
  EXPECT_FALSE(read(R"({"skills":{"a":5}})"));
  EXPECT_FALSE(read(R"({"skill":{}})"));
}

TEST(MqttTopic, AnArgumentIsOneLevel) {
  const auto topic = TopicTemplate::parse("city/{vehicle}/{n}/at").value();
  const auto fill = [&](std::string_view arguments) {
    const auto filled = topic.fill(json::parse(arguments).value());
    return filled ? *filled : filled.error().param;
  };
  EXPECT_EQ(fill(R"({"vehicle":"car 7","n":12})"), "city/car 7/12/at");
  for (const char* bad : {R"("a/b")", R"("+")", R"("#")", R"("a#")", R"("$SYS")", R"("")", "1.5",
                          "null", "[]", R"("a\u0000")", R"("a\nb")"}) {
    EXPECT_EQ(fill(std::format(R"({{"vehicle":{},"n":1}})", bad)), "/vehicle") << bad;
  }
  EXPECT_EQ(fill(R"({"vehicle":"a"})"), "/n");
  EXPECT_EQ(fill("[]"), "/vehicle");
  EXPECT_EQ(TopicTemplate::parse("{a}").value().fill(json::object{{"a", "b"}}).value(), "b");
  EXPECT_FALSE(TopicTemplate::parse("{a}").value().fill(json::object{{"a", "$a"}}));
  for (const char* bad : {"", "a/{}", "a/{b", "a/b}", "a/{b{c}}", "a{b}"})
    EXPECT_FALSE(TopicTemplate::parse(bad)) << bad;
}

}  // namespace
}  // namespace weft::adapters::mqtt
