#include "weft/adapters/sagemaker/invoking.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"

namespace weft::adapters::sagemaker {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(WEFT_SOURCE) / "src/weft/adapters/sagemaker/golden";

InvokeBody body_of(std::string_view args) {
  const auto read = read_invoke(json::parse(args).value());
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return read.value_or(InvokeBody());
}
std::string why(std::string_view args) {
  const auto read = read_invoke(json::parse(args).value());
  return read ? "" : read.error().message;
}

TEST(Invoking, ABodyOfEveryKind) {
  EXPECT_EQ(body_of(R"({"body":{"instances":[1]}})").body, R"({"instances":[1]})");
  EXPECT_EQ(body_of(R"({"body":{"instances":[1]}})").content_type, "application/json");
  EXPECT_EQ(body_of(R"({"body":"1,2"})").content_type, "text/plain");
  EXPECT_EQ(body_of(R"({"body":"1,2","content_type":"text/csv"})").body, "1,2");
  EXPECT_EQ(body_of(R"({"b64":"/wA="})").body, std::string("\xff\0", 2));
  EXPECT_EQ(body_of(R"({"body":"","target_model":"a.tar.gz"})").more.at(0).second, "a.tar.gz");
  EXPECT_EQ(why("{}"), "/body: required: what the endpoint is sent");
  EXPECT_EQ(why(R"({"b64":"?"})"), "/b64: it is no base64");
  EXPECT_EQ(why(R"({"body":"","accept":7})"), "/accept: expected string, got integer");
  EXPECT_EQ(why(R"({"body":"","accept":"a\nb"})"), "/accept: no header may hold this");
}

TEST(Invoking, AnAnswerOfEveryType) {
  EXPECT_EQ(json::write(*output_of_body("application/json", R"({"a":1})").data), R"({"a":1})");
  EXPECT_EQ(model::plain_text(output_of_body("text/csv; charset=utf-8", "0.5\n")), "0.5\n");
  const auto file = output_of_body("image/png", "\x89PNG");
  EXPECT_EQ(std::get<model::Blob>(file.turns.at(0).parts.at(0).body).bytes, "\x89PNG");
  EXPECT_FALSE(output_of_body("application/json", "no JSON").data.has_value());
}

TEST(Invoking, ErrorsAsAwsWritesThem) {
  wire::Headers headers;
  headers.add("x-amzn-ErrorType", "ModelError:http://internal.amazon.com/coral/");
  const Error model = read_runtime_error(
      424, headers,
      R"({"Message":"Received client error (400) from primary with message \"bad\". See …",)"
      R"("OriginalStatusCode":400,"OriginalMessage":"bad","LogStreamArn":"arn"})");
  EXPECT_EQ(model.reason, Reason::solution_failed);
  EXPECT_EQ(model.message, "bad");
  EXPECT_EQ(model.upstream_status, 400);
  const auto reason = [](std::string_view type, std::string_view message, int status) {
    wire::Headers own;
    own.add("x-amzn-errortype", type);
    return read_runtime_error(status, own, json::write(json::object{{"Message", message}})).reason;
  };
  EXPECT_EQ(reason("ValidationError", "Endpoint x of account 1 not found.", 400),
            Reason::solution_not_found);
  EXPECT_EQ(reason("ValidationError", "bad variant", 400), Reason::invalid_argument);
  EXPECT_EQ(reason("ModelNotReadyException", "", 429), Reason::rate_limited);
  EXPECT_EQ(reason("ServiceUnavailable", "", 503), Reason::unavailable);
  EXPECT_EQ(reason("InternalFailure", "", 500), Reason::solution_failed);
  EXPECT_EQ(reason("AccessDeniedException", "no", 403), Reason::unavailable);
  EXPECT_EQ(read_stream_exception("ModelStreamError",
                                  R"({"Message":"late","ErrorCode":"ModelInvocationTimeExceeded"})")
                .reason,
            Reason::deadline);
}

std::string streamed(std::string_view type, std::vector<std::string_view> pieces) {
  StreamedText text(type);
  std::string out;
  for (const std::string_view piece : pieces) out += text.feed(piece).value();
  return out + text.end().value();
}

TEST(Invoking, TheWordsOfAStream) {
  EXPECT_EQ(streamed("text/event-stream",
                     {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n", "\ndata: {\"cho",
                      "ices\":[{\"text\":\"b\"}]}\n\ndata: [DONE]\n\n"}),
            "ab");
  EXPECT_EQ(streamed("application/jsonlines", {"{\"token\":{\"text\":\"a\"}}\n{\"text\":\"b\"}"}),
            "ab");
  EXPECT_EQ(streamed("text/plain", {"caf\xc3", "\xa9 ", "\xf0\x9f", "\x98\x80"}), "café 😀");
  EXPECT_FALSE(StreamedText("application/json").in_pieces());
  StreamedText broken("text/plain");
  EXPECT_FALSE(broken.feed("\xff\xff").has_value());
}

TEST(Invoking, TheSchemaOfItsArguments) {
  const std::string shown = json::write_pretty(invoke_schema());
  EXPECT_EQ(golden(kGolden, "invoke.input_schema.json", shown), shown);
}

}  // namespace
}  // namespace weft::adapters::sagemaker
