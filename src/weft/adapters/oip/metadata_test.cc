#include "weft/adapters/oip/metadata.h"

#include <gtest/gtest.h>

#include "weft/adapters/oip/answers.h"
#include "weft/adapters/oip/errors.h"
#include "weft/adapters/oip/names.h"
#include "weft/adapters/oip/outgoing.h"
#include "weft/hub/testing.h"

namespace weft::adapters::oip {
namespace {

Place place(std::string_view url) { return read_place(url).value(); }

TEST(OipMetadata, WhereAUrlPoints) {
  EXPECT_EQ(place("http://h:8000").base.str(), "http://h:8000/");
  EXPECT_FALSE(place("http://h:8000").named);
  EXPECT_EQ(place("http://h/v2").base.path, "/");
  EXPECT_TRUE(place("http://h/v2/").named);
  EXPECT_EQ(place("http://h/x/v2/models/a%2Fb/versions/1").base.path, "/x");
  EXPECT_EQ(place("http://h/x/v2/models/a%2Fb/versions/1").model, "a/b");
  EXPECT_EQ(place("http://h/v2x/y").base.path, "/v2x/y");
  EXPECT_EQ(place("http://h/v2/v2x").base.path, "/");
  EXPECT_EQ(place("http://h/base/").base.path, "/base");
}

TEST(OipMetadata, WhereAUrlOfGrpcPoints) {
  const Place all = place("grpc://h:8001");
  EXPECT_TRUE(all.grpc);
  EXPECT_TRUE(all.named);
  EXPECT_EQ(all.str(), "grpc://h:8001");
  EXPECT_EQ(all.model, "");
  EXPECT_EQ(place("grpcs://h:8001/v2/models/iris").str(), "grpcs://h:8001");
  EXPECT_EQ(place("grpcs://h:8001/v2/models/a%2Fb").model, "a/b");
  EXPECT_FALSE(place("http://h:8001").grpc);
  EXPECT_EQ(read_place("grpc://h:8001/x").error().message,
            "a URL of gRPC has no path but /v2/models/NAME, which takes that model alone; `/x` is "
            "none");
  EXPECT_FALSE(read_place("ftp://h").has_value());
}

TEST(OipMetadata, GrpcHasNoGenerate) {
  ServerAbout triton{.name = "triton", .version = "2", .extensions = {"generate"}};
  EXPECT_TRUE(triton.generates());
  triton.grpc = true;
  EXPECT_FALSE(triton.generates());
}

TEST(OipMetadata, ServersAndLists) {
  const auto server = read_server(R"({"name":"mlserver","version":"1.6","extensions":[]})");
  ASSERT_TRUE(server.has_value());
  EXPECT_FALSE(server->generates());
  EXPECT_TRUE(read_server(R"({"name":"x","extensions":["generate"]})")->generates());
  EXPECT_FALSE(read_server("[]").has_value());
  EXPECT_FALSE(read_server(R"({"name":"x"})").has_value());
  EXPECT_EQ(read_names(R"([{"name":"a"},{"name":"b"},{"name":"a"}])").value(),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read_names(R"({"models":["a"]})").value(), std::vector<std::string>{"a"});
  EXPECT_EQ(read_names(R"([{"name":7}])").error().message,
            "the list of models holds something else than names");
  EXPECT_EQ(read_names("{}").error().message, "the list of models is no list");
  std::string many = "[";
  for (int i = 0; i < 1'025; ++i) many += std::format(R"({}"m{}")", i == 0 ? "" : ",", i);
  EXPECT_EQ(read_names(many + "]").error().message, "the server has more than 1024 models");
}

TEST(OipMetadata, OnlyAnotherWeftsWordIsTakenForItsSkills) {
  constexpr std::string_view kModel =
      R"({"name":"a.b","platform":"weft","inputs":[],"outputs":[],"properties":)"
      R"({"weft.shape":"converse","weft.title":"T","weft.input_schema":"{\"type\":\"object\"}"}})";
  const auto own = read_model(kModel, {.name = "weft"});
  ASSERT_TRUE(own.has_value());
  EXPECT_TRUE(own->own);
  EXPECT_EQ(own->skill.shape, model::Shape::converse);
  EXPECT_EQ(own->skill.title, "T");
  EXPECT_TRUE(own->skill.input_schema.has_value());
  const auto other = read_model(kModel, {.name = "triton"});
  EXPECT_FALSE(other->own);
  EXPECT_EQ(other->skill.shape, model::Shape::predict);
}

TEST(OipNames, LeadBackToTheirSkills) {
  const auto service = std::make_shared<hub::testing::FakeService>(hub::testing::echo_script);
  hub::Snapshot snapshot;
  snapshot.entries = {
      hub::testing::fake_solution("one", service, {hub::testing::fake_skill("a")}),
      hub::testing::fake_solution("two", service,
                                  {hub::testing::fake_skill("a"), hub::testing::fake_skill("b.c"),
                                   hub::testing::fake_skill(".")})};
  for (const auto& entry : snapshot.entries) {
    for (const auto& skill : entry->solution->skills) {
      const std::string name = model_name(*entry->solution, skill);
      const auto dot = name.find('.');
      EXPECT_EQ(name.substr(0, dot), entry->solution->id.str());
      const bool one = entry->solution->skills.size() == 1;
      EXPECT_EQ(one ? skill.id.str() : name.substr(dot + 1), skill.id.str());
    }
  }
  EXPECT_EQ(model_name(*snapshot.entries[0]->solution, snapshot.entries[0]->solution->skills[0]),
            "one");
  EXPECT_EQ(version_of(*snapshot.entries[0]->solution), "1");
}

/// Law 5: an error is what it was, where the wire has the reason; else what its status says.
TEST(OipErrors, ThereAndBack) {
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
    const auto reason = static_cast<Reason>(i);
    Error sent = make_argument_error("/x", "words");
    sent.reason = reason;
    const Error came = error_from_json(error_json(sent), oip_status(sent));
    const bool credentials = reason == Reason::unauthenticated;
    EXPECT_EQ(came.reason, credentials ? Reason::permission_denied : reason);
    EXPECT_EQ(came.message, "words");
    EXPECT_EQ(came.param, "/x");
  }
  const auto read = [](int status, std::string_view body) { return read_error(status, {}, body); };
  EXPECT_EQ(read(404, R"({"error":"Request for unknown model"})").reason,
            Reason::solution_not_found);
  EXPECT_EQ(read(400, R"({"error":"x"})").reason, Reason::invalid_argument);
  EXPECT_EQ(read(500, R"({"error":"x"})").reason, Reason::solution_failed);
  EXPECT_EQ(read(503, R"({"detail":"x"})").reason, Reason::unavailable);
  EXPECT_EQ(read(403, R"({"error":"x","reason":"permission_denied"})").reason, Reason::unavailable);
  EXPECT_EQ(read(403, R"({"error":"x","reason":"refused"})").reason, Reason::refused);
  EXPECT_EQ(read(409, R"({"error":"Who?","reason":"question"})").message, "it asks back: Who?");
}

TEST(OipAnswers, LossesOfAHeader) {
  const std::vector<model::Loss> losses{
      {"/turns", "tool_call", "", model::LossKind::dropped, ""},
      {"/a", "refusal", "text", model::LossKind::approximated, ""}};
  EXPECT_EQ(losses_of_header(model::summary(losses)), losses);
  EXPECT_TRUE(losses_of_header("nonsense; 3 more").empty());
}

TEST(OipAnswers, AStreamThatSaysNoEndIsNone) {
  GeneratedReader own(true);
  EXPECT_EQ(own.read(R"({"text_output":"a"})").value(), "a");
  EXPECT_FALSE(own.whole(false));
  EXPECT_FALSE(own.read(R"({"text_output":"","final":true})").value().has_value());
  EXPECT_TRUE(own.whole(false));
  GeneratedReader other(false);
  EXPECT_TRUE(other.whole(false));
  EXPECT_FALSE(other.whole(true));
  EXPECT_FALSE(other.read("[]").has_value());
  EXPECT_FALSE(other.read(R"({"text_output":7})").has_value());
}

}  // namespace
}  // namespace weft::adapters::oip
