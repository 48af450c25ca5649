#include "weft/adapters/openai/codec.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/openai/messages.h"
#include "weft/model/codec.h"

namespace weft::adapters::openai {
namespace {

const std::filesystem::path kGolden = std::string(WEFT_SOURCE) + "/src/weft/adapters/openai/golden";

std::string request_text() { return read_text_file(kGolden / "chat_request.json"); }

TEST(ChatRequest, EveryFieldFindsItsPlace) {
  const auto decoded = decode_chat_request(request_text());
  ASSERT_TRUE(decoded) << decoded.error().message;
  const auto& call = decoded->call;
  EXPECT_EQ(decoded->model, "model/oracle");
  EXPECT_TRUE(decoded->stream);
  EXPECT_TRUE(decoded->include_usage);
  EXPECT_EQ(decoded->context, "c-1");
  EXPECT_EQ(json::write(call.meta.at("weft_args")), R"({"city":"Shanghai"})");
  EXPECT_EQ(call.gen.max_tokens, 200);
  EXPECT_EQ(call.gen.stop, std::vector<std::string>{"END"});
  EXPECT_EQ(call.gen.format, "schema");
  EXPECT_EQ(call.gen.effort, "low");
  EXPECT_EQ(call.tool_choice, "get_weather");
  EXPECT_EQ(call.parallel_tools, false);
  ASSERT_EQ(call.tools.size(), 1U);
  EXPECT_TRUE(call.tools[0].strict);
  EXPECT_TRUE(call.gen.extra.contains("logprobs"));
  EXPECT_TRUE(call.gen.extra.contains("verbosity"));
  EXPECT_FALSE(call.gen.extra.contains("messages"));
}

TEST(ChatRequest, Golden) {
  const auto decoded = decode_chat_request(request_text());
  ASSERT_TRUE(decoded);
  json::object seen = model::to_json(decoded->call);
  std::string text = json::write_pretty(seen) + "\n";
  EXPECT_EQ(text, golden(kGolden, "chat_request.model.json", text));
  std::vector<model::Loss> losses;
  text = json::write_pretty(encode_chat_request(decoded->call, "gpt-x", true, losses)) + "\n";
  EXPECT_EQ(text, golden(kGolden, "chat_request.upstream.json", text));
  EXPECT_TRUE(losses.empty());
}

TEST(ChatRequest, ComesBackAsItWent) {
  const auto first = decode_chat_request(request_text());
  ASSERT_TRUE(first);
  std::vector<model::Loss> losses;
  const auto wire =
      json::write(encode_chat_request(first->call, first->model, first->stream, losses));
  const auto second = decode_chat_request(wire);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(model::to_json(first->call), model::to_json(second->call));
}

TEST(ChatRequest, SeveralChoicesAreALoss) {
  auto decoded =
      decode_chat_request(R"({"model":"m","n":3,"messages":[{"role":"user","content":"x"}]})");
  ASSERT_TRUE(decoded);
  std::vector<model::Loss> losses;
  const auto wire = encode_chat_request(decoded->call, "m", false, losses);
  EXPECT_FALSE(wire.contains("n"));
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].path, "/n");
}

struct Bad {
  std::string_view body;
  std::string_view param;
};
void PrintTo(const Bad& bad, std::ostream* out) { *out << bad.body; }

class BadRequest : public testing::TestWithParam<Bad> {};
TEST_P(BadRequest, PointsAtWhatIsWrong) {
  const auto decoded = decode_chat_request(GetParam().body);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().reason, Reason::invalid_argument);
  EXPECT_EQ(decoded.error().param, GetParam().param);
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadRequest,
    testing::Values(
        Bad{"[]", ""}, Bad{"{", ""}, Bad{R"({"messages":[]})", "/model"},
        Bad{R"({"model":"m"})", "/messages"}, Bad{R"({"model":"m","messages":[]})", "/messages"},
        Bad{R"({"model":"m","messages":[{"role":"king","content":"x"}]})", "/messages/0/role"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":[{"type":"smell"}]}]})",
            "/messages/0/content/0/type"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x"}}]}]})",
            "/messages/0/content/0/image_url/url"},
        Bad{R"({"model":"m","messages":[{"role":"tool","content":"x"}]})",
            "/messages/0/tool_call_id"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot"})",
            "/temperature"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":"x"}],"stream":1})", "/stream"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":"x"}],"functions":[]})",
            "/functions"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom"}]})",
            "/tools/0"},
        Bad{R"({"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"xml"}})",
            "/response_format/type"}));

TEST(Messages, PartsComeBackAsTheyWent) {
  model::Turn turn{.role = model::Role::user};
  turn.parts.push_back(model::Part::text("look"));
  turn.parts.push_back(
      {.body = model::Blob{.bytes = "PNG", .filename = ""}, .media_type = "image/png"});
  turn.parts.push_back(
      {.body = model::Blob{.bytes = "wav", .filename = ""}, .media_type = "audio/wav"});
  turn.parts.push_back(
      {.body = model::Blob{.bytes = "%PDF", .filename = "a.pdf"}, .media_type = "application/pdf"});
  turn.parts.push_back(
      {.body = model::Link{.uri = "https://example.org/a.png"}, .media_type = "image/*"});
  std::vector<model::Loss> losses;
  const auto wire = messages_from_turns({turn}, losses);
  const auto back = turns_from_messages(wire);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->front(), turn);
  EXPECT_TRUE(losses.empty());
}

TEST(Messages, SoundGoesUnderTheNamesThatOpenAiKnows) {
  const auto format_of = [](std::string media_type) {
    model::Turn turn{.role = model::Role::user};
    turn.parts.push_back(
        {.body = model::Blob{.bytes = "x", .filename = ""}, .media_type = std::move(media_type)});
    std::vector<model::Loss> losses;
    const json::value wire(messages_from_turns({turn}, losses));
    return std::string(json::at_pointer(wire, "/0/content/0/input_audio/format")->get_string());
  };
  EXPECT_EQ(format_of("audio/mpeg"), "mp3");
  EXPECT_EQ(format_of("audio/mp3"), "mp3");
  EXPECT_EQ(format_of("audio/x-wav"), "wav");
  EXPECT_EQ(format_of("audio/vnd.wave; codecs=1"), "wav");
  EXPECT_EQ(format_of("audio/ogg"), "ogg");
  const auto sent = turns_from_messages(
      json::parse(
          R"([{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAEC","format":"mp3"}}]}])")
          ->get_array());
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->front().parts.front().media_type, "audio/mpeg");
}

TEST(Messages, AFileIsADataUrlOrBase64Alone) {
  const auto read = [](std::string_view data) {
    json::object file{{"filename", "a.pdf"}, {"file_data", data}};
    json::object part{{"type", "file"}, {"file", std::move(file)}};
    json::object message{{"role", "user"}, {"content", json::array{std::move(part)}}};
    return turns_from_messages(json::array{std::move(message)});
  };
  for (const std::string_view data : {"JVBERg==", "data:application/pdf;base64,JVBERg=="}) {
    const auto turns = read(data);
    ASSERT_TRUE(turns) << data << turns.error().message;
    const model::Part& part = turns->front().parts.front();
    EXPECT_EQ(std::get<model::Blob>(part.body).bytes, "%PDF") << data;
    EXPECT_EQ(std::get<model::Blob>(part.body).filename, "a.pdf") << data;
    EXPECT_EQ(part.media_type, "application/pdf") << data;
  }
  for (const std::string_view data : {"", "no base64!", "data:application/pdf,plain"}) {
    const auto turns = read(data);
    ASSERT_FALSE(turns) << data;
    EXPECT_EQ(turns.error().param, "/messages/0/content/0/file/file_data") << data;
  }
}

TEST(Messages, WhatChatCannotSayIsReported) {
  model::Turn turn{.role = model::Role::user};
  turn.parts.push_back(model::Part::data(json::object{{"a", 1}}));
  turn.parts.push_back({.body = model::Tensor{.name = "t"}});
  std::vector<model::Loss> losses;
  messages_from_turns({turn}, losses);
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_EQ(losses[0].kind, model::LossKind::approximated);
  EXPECT_EQ(losses[1].kind, model::LossKind::dropped);
}

}  // namespace
}  // namespace weft::adapters::openai
