#include "weft/adapters/a2a/codec.h"

#include <gtest/gtest.h>

#include "weft/adapters/a2a/testing.h"

namespace weft::adapters::a2a {
namespace {

constexpr Version kVersions[] = {Version::v10, Version::v03, Version::v03_rest};

json::value parse(std::string_view text) { return json::parse(text).value(); }

class EveryVersion : public ::testing::TestWithParam<Version> {};

TEST_P(EveryVersion, ReadsWhatItWrote) {
  const Codec codec(GetParam());
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    testing::Maker make(seed);
    const StreamItem item = make.item();
    const auto wire = parse(json::write(codec.write(item)));
    const auto back = codec.read_item(wire);
    ASSERT_TRUE(back) << seed << ": " << back.error().message << "\n" << json::write(wire);
    EXPECT_EQ(*back, item) << seed << ": " << json::write(wire);
  }
}

TEST_P(EveryVersion, ReadsTheRequestsItWrote) {
  const Codec codec(GetParam());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    testing::Maker make(seed);
    SendRequest request;
    request.message = make.message();
    request.accepted_output_modes = {"text/plain"};
    request.return_immediately = make.chance();
    if (make.chance()) request.history_length = 3;
    request.metadata = make.object();
    if (GetParam() == Version::v10) request.tenant = "bank";
    const auto back = codec.read_request(codec.write(request));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, request) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(A2a, EveryVersion, ::testing::ValuesIn(kVersions), [](const auto& one) {
  return one.param == Version::v10 ? "v10" : one.param == Version::v03 ? "v03" : "v03_rest";
});

TEST(Codec, WritesTheSpellingOfEachVersion) {
  Task task{"t", "c", {model::TaskState::canceled, std::nullopt, ""}, {}, {}, {}, {}};
  EXPECT_EQ(json::write(Codec(Version::v10).write(StreamItem(task))),
            R"({"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_CANCELED"}}})");
  EXPECT_EQ(json::write(Codec(Version::v03).write(StreamItem(task))),
            R"({"kind":"task","id":"t","contextId":"c","status":{"state":"canceled"}})");
  EXPECT_EQ(json::write(Codec(Version::v03_rest).write(StreamItem(task))),
            R"({"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_CANCELLED"}}})");
}

TEST(Codec, MarksTheLastUpdateIn03) {
  StatusUpdate update{"t", "c", {model::TaskState::ask, std::nullopt, ""}, {}, {}};
  EXPECT_EQ(
      json::write(Codec(Version::v03).write(update)),
      R"({"kind":"status-update","taskId":"t","contextId":"c","status":{"state":"input-required"},"final":true})");
  EXPECT_EQ(Codec(Version::v10).write(update).count("final"), 0U);
}

TEST(Codec, ReadsNullsAndSnakeCaseAsProtoJsonDoes) {
  const auto read =
      Codec(Version::v10)
          .read_request(
              parse(
                  R"({"message":{"message_id":"m","role":"ROLE_USER","context_id":null,"parts":[{"text":"x"}]},
               "configuration":{"return_immediately":true,"historyLength":"7"}})")
                  .get_object());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->message.id, "m");
  EXPECT_TRUE(read->return_immediately);
  EXPECT_EQ(read->history_length, 7);
}

TEST(Codec, WaitsUnless03SaysOtherwise) {
  const auto message =
      R"("message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"x"}]})";
  const auto at_once = [&](std::string_view configuration) {
    const auto params =
        parse("{" + std::string(message) + std::string(configuration) + "}").get_object();
    return Codec(Version::v03).read_request(params).value().return_immediately;
  };
  EXPECT_FALSE(at_once(""));
  EXPECT_FALSE(at_once(R"(,"configuration":{"blocking":true})"));
  EXPECT_TRUE(at_once(R"(,"configuration":{"blocking":false})"));
}

TEST(Codec, SaysWhereAValueIsWrong) {
  struct Case {
    std::string_view text;
    std::string_view param;
  };
  constexpr Case kCases[] = {
      {R"({})", "/message"},
      {R"({"message":[]})", "/message"},
      {R"({"message":{"messageId":"m","role":"nobody","parts":[]}})", "/message/role"},
      {R"({"message":{"messageId":7,"role":"ROLE_USER","parts":[]}})", "/message/messageId"},
      {R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{}]}})", "/message/parts/0"},
      {R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"a"},{"text":1}]}})",
       "/message/parts/1/text"},
      {R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"a","url":"b"}]}})",
       "/message/parts/0"},
      {R"({"message":{"messageId":"m","role":"ROLE_USER","parts":[{"raw":"***"}]}})",
       "/message/parts/0/raw"},
  };
  for (const Case& one : kCases) {
    const auto read = Codec(Version::v10).read_request(parse(one.text).get_object());
    ASSERT_FALSE(read) << one.text;
    EXPECT_EQ(read.error().param, one.param) << read.error().message;
    EXPECT_EQ(read.error().reason, Reason::invalid_argument);
  }
}

TEST(Codec, LeavesAFalseMarkAlone) {
  const auto part = parse(R"({"data":{"a":1},"metadata":{"weft.part":"tensor"}})");
  const auto read = spelling(Version::v10).read_part(part, "");
  ASSERT_TRUE(read);
  EXPECT_TRUE(std::holds_alternative<model::Data>(read->body));
}

TEST(Codec, ReadsListFilters) {
  const auto read =
      Codec(Version::v10)
          .read_list(
              parse(
                  R"({"contextId":"c","status":"TASK_STATE_WORKING","pageSize":"5","includeArtifacts":true,
               "statusTimestampAfter":"2026-11-23T10:30:00.250+01:30"})")
                  .get_object());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->state, model::TaskState::working);
  EXPECT_EQ(read->page_size, 5);
  EXPECT_TRUE(read->include_artifacts);
  EXPECT_EQ(read->updated_after_ms, parse_timestamp("2026-11-23T09:00:00.250Z", "").value());
}

TEST(Codec, ReadsTimes) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z", ""), 0);
  EXPECT_EQ(parse_timestamp("1970-01-02T00:00:01.5Z", ""), 86'401'500);
  for (const std::string_view bad :
       {"", "now", "2026-13-01T00:00:00Z", "2026-11-23", "2026-11-23T25:00:00Z",
        "2026-11-23T09:00:00", "2026-11-23T09:00:00+99:00"}) {
    EXPECT_FALSE(parse_timestamp(bad, "/x")) << bad;
  }
}

}  // namespace
}  // namespace weft::adapters::a2a
