#include "weft/adapters/mqtt/codec.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/mqtt/replies.h"
#include "weft/model/codec.h"

namespace weft::adapters::mqtt {
namespace {

SkillConfig ride() {
  const auto details = json::parse(R"({"skills":{"ride":{"request":"city/taxi/ride",
      "reply":"city/replies/{client}","state":{"property":"status"},"text":"message"}}})");
  return read_config(details->as_object(), "weft-1").value().skills.front();
}

wire::MqttPublish said(std::string payload, std::string status = {}, std::string type = {}) {
  wire::MqttPublish message{.topic = "city/replies/weft-1", .payload = std::move(payload)};
  message.content_type = std::move(type);
  if (!status.empty()) message.user.emplace_back("status", std::move(status));
  return message;
}

/// A message as a person reads it.
std::string shown(const wire::MqttPublish& message) {
  std::string out =
      std::format("topic {}\nqos {}\nresponse topic {}\ncorrelation {}\n", message.topic,
                  message.qos, message.response_topic, message.correlation);
  out += std::format("content type {}\nutf-8 {}\nexpiry {}\n", message.content_type, message.utf8,
                     message.expiry_s.value_or(0));
  for (const auto& [name, value] : message.user) out += std::format("{}: {}\n", name, value);
  return std::format("{}\n{}\n", out, message.payload);
}

TEST(MqttCodec, MessagesToASolution) {
  model::Call call;
  call.args = json::object{{"to", "Jing'an"}};
  call.trace.parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  call.dedup_key = "once";
  const SkillConfig skill = ride();
  const Envelope envelope{"city/taxi/ride", "c1", 15};
  const auto check = [](std::string_view name, const wire::MqttPublish& message) {
    const std::string text = shown(message);
    EXPECT_EQ(golden(WEFT_SOURCE "/src/weft/adapters/mqtt/golden", name, text), text);
  };
  check("request.txt", request_of(skill, call, envelope));
  check("answer.txt", answer_of(skill, call, envelope, model::Answer{.text = "the north door"}));
  check("decline.txt",
        answer_of(skill, call, envelope, model::Answer{.action = model::AnswerAction::decline}));
  check("form.txt",
        answer_of(skill, call, envelope, model::Answer{.data = json::object{{"door", "north"}}}));
  check("cancel.txt", cancel_of(skill, call, envelope, Reason::cancelled));
}

TEST(MqttCodec, HowFarAReplySaysItIs) {
  const SkillConfig skill = ride();
  const auto kind = [&](std::string status) {
    return read_reply(skill, said("{}", std::move(status))).value().kind;
  };
  EXPECT_EQ(kind("working"), ReplyKind::working);
  EXPECT_EQ(kind("accepted"), ReplyKind::working);
  EXPECT_EQ(kind("failed"), ReplyKind::failed);
  EXPECT_EQ(kind("input-required"), ReplyKind::asks);
  EXPECT_EQ(kind("done"), ReplyKind::last);
  EXPECT_EQ(kind(""), ReplyKind::last);
  SkillConfig field = skill;
  field.state.place = WordPlace{false, "status"};
  const auto reply = read_reply(field, said(R"({"status":"working","message":"soon","eta":4})"));
  EXPECT_EQ(reply->kind, ReplyKind::working);
  const auto note = note_of(field, *reply);
  EXPECT_EQ(model::joined_text(note, true), "soon\n{\"eta\":4}");
}

TEST(MqttCodec, WhatAPayloadIs) {
  const auto part = [](std::string payload, std::string type = {}) {
    return read_content(said(std::move(payload), {}, std::move(type))).value().part;
  };
  EXPECT_EQ(part(R"({"a":1})"), model::Part::data(json::object{{"a", 1}}));
  EXPECT_EQ(part("on its way"), model::Part::text("on its way"));
  EXPECT_EQ(part("5", "text/plain; charset=utf-8"), model::Part::text("5"));
  EXPECT_EQ(part("<a/>", "text/xml").media_type, "text/xml");
  EXPECT_TRUE(std::holds_alternative<model::Blob>(part("\xFF").body));
  EXPECT_EQ(part("abc", "image/png").media_type, "image/png");
  const auto broken = read_content(said("{", {}, "application/json"));
  EXPECT_EQ(broken.error().reason, Reason::upstream_protocol);
  EXPECT_TRUE(broken.error().message.contains("city/replies/weft-1"));
}

TEST(MqttCodec, FailuresAndQuestions) {
  const SkillConfig skill = ride();
  const auto error = [&](std::string payload, std::string status) {
    return error_of(read_reply(skill, said(std::move(payload), std::move(status))).value());
  };
  EXPECT_EQ(error(R"({"message":"no car"})", "failed"),
            make_error(Reason::solution_failed, "no car"));
  EXPECT_EQ(error("no car", "rejected"), make_error(Reason::refused, "no car"));
  EXPECT_EQ(error(R"({"message":"later","reason":"rate_limited"})", "failed").reason,
            Reason::rate_limited);
  EXPECT_EQ(error(R"({"reason":"unauthenticated"})", "failed").reason, Reason::solution_failed)
      << "what concerns weft's own credentials is not its caller's";
  const auto ask = [&](std::string payload) {
    return question_of(read_reply(skill, said(std::move(payload), "input-required")).value());
  };
  EXPECT_EQ(ask(R"({"message":"Which door?"})").message, "Which door?");
  EXPECT_EQ(ask(R"({"message":"a","schema":{"type":"object"}})").kind, model::Ask::Kind::form);
  EXPECT_EQ(ask(R"({"message":"a","schema":{"type":5}})").kind, model::Ask::Kind::question);
}

TEST(MqttCodec, OutputsAndPromises) {
  SkillConfig skill = ride();
  const auto output = [&](std::string payload) {
    return output_of(skill, read_content(said(std::move(payload))).value());
  };
  EXPECT_EQ(output(R"({"message":"here","n":1})")->turns.size(), 1U);
  EXPECT_TRUE(output(R"({"n":1})")->data);
  EXPECT_EQ(model::plain_text(*output("here")), "here");
  skill.skill.output_schema = json::value(json::object());
  EXPECT_EQ(output("here").error().reason, Reason::upstream_protocol);
}

TEST(MqttReplies, OnlyTheOneThatIsWaitedForIsTaken) {
  boost::asio::io_context io;
  Replies replies;
  const auto mailbox = std::make_shared<Mailbox>(io.get_executor());
  const std::string correlation = replies.expect("r", mailbox);
  wire::MqttPublish message{.topic = "r", .correlation = correlation};
  replies.take({.topic = "r"});
  replies.take({.topic = "r", .correlation = "other"});
  replies.take({.topic = "elsewhere", .correlation = correlation});
  replies.take({.topic = "r", .retain = true, .correlation = correlation});
  EXPECT_EQ(replies.dropped(), 4U);
  replies.take(message);
  EXPECT_EQ(replies.dropped(), 4U);
  replies.forget(correlation);
  replies.take(message);
  EXPECT_EQ(replies.dropped(), 5U);
  EXPECT_NE(replies.expect("r", mailbox), correlation);
}

}  // namespace
}  // namespace weft::adapters::mqtt
