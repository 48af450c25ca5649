#include "weft/adapters/openai/answer.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/openai/embedding.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/models.h"
#include "weft/model/codec.h"

namespace weft::adapters::openai {
namespace {

const std::filesystem::path kGolden = std::string(WEFT_SOURCE) + "/src/weft/adapters/openai/golden";
const CompletionHead kHead{"chatcmpl-1", 1'763'000'000, "tool/shop/add"};

model::Output text_output(std::string text) {
  model::Output output;
  model::Turn turn{.role = model::Role::assistant};
  turn.parts.push_back(model::Part::text(std::move(text)));
  output.turns.push_back(std::move(turn));
  return output;
}

TEST(Completion, Golden) {
  model::Output output = text_output("Sunny.");
  output.turns[0].parts.push_back({.body = model::ToolCall{"call_1", "note", "{\"a\": 1}"}});
  output.turns[0].parts.insert(output.turns[0].parts.begin(),
                               {.body = model::Reasoning{.text = "look up"}});
  output.finish = model::Finish::tool_calls;
  output.usage = model::Usage{.input = 5, .output = 2};
  const std::string text = json::write_pretty(encode_completion(output, kHead, false)) + "\n";
  EXPECT_EQ(text, golden(kGolden, "chat_completion.json", text));
  const auto back = decode_completion(text);
  ASSERT_TRUE(back);
  output.model = kHead.model;
  EXPECT_EQ(json::write(model::to_json(model::end_with(*back))),
            json::write(model::to_json(model::end_with(output))));
}

TEST(Completion, StructuredResultsAreCompactJson) {
  model::Output output;
  output.data = json::object{{"sum", 5}};
  EXPECT_EQ(content_text(output, false), R"({"sum":5})");
  output = text_output("five");
  output.data = json::object{{"sum", 5}};
  EXPECT_EQ(content_text(output, false), "five");
  EXPECT_EQ(content_text(output, true), R"({"sum":5})");
}

TEST(Completion, FilesAreDataUrls) {
  model::Output output;
  model::Artifact artifact{.id = "a"};
  artifact.parts.push_back({.body = model::Blob{.bytes = "PNG"}, .media_type = "image/png"});
  output.artifacts.push_back(std::move(artifact));
  EXPECT_EQ(content_text(output, false), "data:image/png;base64,UE5H");
}

TEST(Completion, RubbishIsTheUpstreamsFault) {
  for (const auto* body :
       {"", "<html>", "[]", "{}", R"({"choices":[]})", R"({"choices":[{}]})", "\xff"}) {
    const auto read = decode_completion(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().reason, Reason::upstream_protocol) << body;
  }
  const auto told = decode_completion(R"({"error":{"message":"no","code":"rate_limit_exceeded"}})");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().reason, Reason::rate_limited);
}

TEST(Errors, EveryReasonComesBackButThoseTheTableCoarsens) {
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
    const auto reason = static_cast<Reason>(i);
    Error error = make_error(reason, "words");
    error.param = "/messages/0/content";
    const auto wire = error_json(error);
    const auto& body = wire.at("error").as_object();
    EXPECT_EQ(body.size(), 4U);
    EXPECT_EQ(body.at("param"), "messages[0].content");
    const Error back = error_from_json(body, 0);
    // The solution's complaint about weft's credentials is no 401 for weft's caller.
    EXPECT_EQ(back.reason, reason == Reason::unauthenticated ? Reason::permission_denied : reason);
    EXPECT_EQ(back.message, "words");
  }
}

TEST(Embeddings, BothEncodingsComeBack) {
  model::Output output;
  output.data = json::object{
      {"embeddings", json::array{json::array{0.25, -0.5, 1.0}, json::array{0.0, 2.0, 4.0}}}};
  for (const bool base64 : {false, true}) {
    const auto wire = encode_embeddings(output, "model/oracle", base64);
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->at("data").as_array()[0].at("embedding").is_string(), base64);
    const auto back = decode_embeddings(json::write(*wire));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(json::write(*back->data), json::write(*output.data));
  }
}

TEST(Embeddings, TensorsAreVectorsToo) {
  model::Output output;
  model::Tensor tensor{.name = "e", .datatype = "FP32", .shape = {1, 2}};
  tensor.bytes = std::string("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);
  output.tensors.push_back(tensor);
  const auto wire = encode_embeddings(output, "m", false);
  ASSERT_TRUE(wire);
  EXPECT_EQ(json::write(wire->at("data").as_array()[0].at("embedding")), "[1.0,2.0]");
}

TEST(Embeddings, BadRequestsPointAtWhatIsWrong) {
  EXPECT_EQ(decode_embedding_request(R"({"model":"m"})").error().param, "/input");
  EXPECT_EQ(decode_embedding_request(R"({"input":"x"})").error().param, "/model");
  EXPECT_EQ(decode_embedding_request(R"({"model":"m","input":[1,2]})").error().param, "/input/0");
  EXPECT_EQ(decode_embedding_request(R"({"model":"m","input":"x","encoding_format":"hex"})")
                .error()
                .param,
            "/encoding_format");
  EXPECT_FALSE(decode_embeddings(R"({"data":[{"embedding":"!!"}]})"));
  EXPECT_FALSE(decode_embeddings(R"({"data":[{"embedding":[1],"index":7}]})"));
}

TEST(Models, BaseUrlsWithAndWithoutV1) {
  const auto bases = [](std::string_view url) {
    std::vector<std::string> out;
    for (const auto& base : base_candidates(*parse_url(url))) out.push_back(base.str());
    return out;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(bases("http://h:1"), (List{"http://h:1/v1"}));
  EXPECT_EQ(bases("http://h:1/v1/"), (List{"http://h:1/v1"}));
  EXPECT_EQ(bases("http://h:1/v1/models"), (List{"http://h:1/v1"}));
  EXPECT_EQ(bases("http://h:1/openai"), (List{"http://h:1/openai/v1", "http://h:1/openai"}));
}

TEST(Models, OnlyListsOfModelsCount) {
  EXPECT_EQ(decode_models(R"({"object":"list","data":[{"id":"a"},{"id":"b"}]})")->size(), 2U);
  EXPECT_FALSE(decode_models(R"({"data":{}})"));
  EXPECT_FALSE(decode_models(R"({"data":[{"name":"a"}]})"));
  EXPECT_FALSE(decode_models("<html>"));
}

}  // namespace
}  // namespace weft::adapters::openai
