#include <gtest/gtest.h>

#include "weft/adapters/common/golden.h"
#include "weft/adapters/openapi/answers.h"
#include "weft/adapters/openapi/document.h"
#include "weft/adapters/openapi/operation.h"
#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/rest_document.h"
#include "weft/adapters/openapi/rest_reader.h"
#include "weft/adapters/openapi/server.h"
#include "weft/adapters/openapi/telling.h"
#include "weft/base/schema.h"

namespace weft::adapters::openapi {
namespace {

const std::filesystem::path kGolden =
    std::string(WEFT_SOURCE) + "/src/weft/adapters/openapi/golden";

model::Solution bank() {
  model::Solution solution;
  solution.id = SolutionId("bank");
  solution.title = "Bank";
  model::Skill pay;
  pay.id = SkillId("pay");
  pay.title = "Pay";
  pay.input_schema = json::parse(R"({"type":"object","properties":{"to":{"$ref":"#/$defs/who"},
    "example":{"enum":["$ref"]}},"$defs":{"who":{"type":"string"}}})")
                         .value();
  pay.output_schema =
      json::parse(R"({"type":"object","properties":{"more":{"$ref":"#"}}})").value();
  solution.skills.push_back(std::move(pay));
  model::Skill talk;
  talk.id = SkillId("talk it over");
  talk.shape = model::Shape::converse;
  solution.skills.push_back(std::move(talk));
  return solution;
}

TEST(RestDocument, Golden) {
  const auto text = json::write_pretty(solution_document(bank(), "http://127.0.0.1:8420")) + "\n";
  EXPECT_EQ(text, golden(kGolden, "bank.openapi.json", text));
}

model::Output output_of(std::string text) {
  model::Output output;
  model::Turn turn{.role = model::Role::assistant};
  turn.parts.push_back(model::Part::text(std::move(text)));
  output.turns.push_back(std::move(turn));
  return output;
}

std::string written(const model::Output& output, model::Shape shape,
                    std::size_t losses_expected = 0) {
  std::vector<model::Loss> losses;
  const auto text = json::write(encode_output(output, shape, losses));
  EXPECT_EQ(losses.size(), losses_expected);
  return text;
}

TEST(RestOutput, StructuredStandsAlone) {
  model::Output output = output_of("five");
  EXPECT_EQ(written(output, model::Shape::invoke), R"({"text":"five"})");
  output.data = json::object{{"sum", 5}};
  EXPECT_EQ(written(output, model::Shape::invoke, 1), R"({"sum":5})");
  EXPECT_EQ(written(output, model::Shape::converse), R"({"text":"five","data":{"sum":5}})");
  model::Artifact artifact{.id = "a"};
  artifact.parts.push_back({.body = model::Blob{.bytes = "PNG"}, .media_type = "image/png"});
  output.artifacts.push_back(std::move(artifact));
  EXPECT_EQ(written(output, model::Shape::invoke, 3), R"({"sum":5})");
  output.data.reset();
  EXPECT_EQ(
      written(output, model::Shape::invoke),
      R"({"text":"five","parts":[{"text":"five"}],"artifacts":[{"id":"a","parts":[{"base64":"UE5H","media_type":"image/png"}]}]})");
}

TEST(RestDocument, AnotherWeftFindsTheResultsSchemaAlone) {
  const auto document =
      read_document(json::write(solution_document(bank(), "http://127.0.0.1:8420")));
  ASSERT_TRUE(document);
  const auto catalog = read_catalog(*document, std::nullopt);
  ASSERT_TRUE(catalog) << catalog.error().message;
  const auto& pay = *catalog->solution.skill("pay");
  ASSERT_TRUE(pay.output_schema);
  EXPECT_NE(json::at_pointer(*pay.output_schema, "/properties/more"), nullptr)
      << json::write(*pay.output_schema);
  EXPECT_FALSE(pay.output_schema->get_object().contains("anyOf"));
  for (const auto& skill : catalog->solution.skills) {
    EXPECT_EQ(skill.output_schema.has_value(), skill.id.str() == "pay") << skill.id.str();
  }
}

TEST(RestOutput, WhatTheHeadersTellIsNoLoss) {
  model::Output output;
  output.data = json::object{{"sum", 5}};
  output.usage = model::Usage{.input = 3, .output = 4};
  std::vector<model::Loss> losses;
  (void)encode_output(output, model::Shape::invoke, losses);
  note_facts(output, model::Shape::invoke, losses);
  EXPECT_TRUE(losses.empty());
  output.model = "m";
  note_facts(output, model::Shape::converse, losses);
  EXPECT_TRUE(losses.empty());
  note_facts(output, model::Shape::invoke, losses);
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].path, "/model");
}

TEST(RestOutput, AJobTellsThemBesideTheResult) {
  hub::TaskView view;
  model::Output output;
  output.data = json::object{{"sum", 5}};
  output.usage = model::Usage{.input = 3, .output = 4};
  output.model = "m";
  view.end = model::End{output, {}};
  const auto job = job_json(view, model::Shape::invoke);
  EXPECT_EQ(json::write(job.at("result")), R"({"sum":5})");
  EXPECT_EQ(job.at("usage").at("input"), 3);
  EXPECT_EQ(job.at("model"), "m");
  EXPECT_FALSE(job.contains("losses"));
}

TEST(RestReader, HeadersAreReadBack) {
  using model::LossKind;
  const std::vector<model::Loss> losses{
      {"/turns", "text", "", LossKind::dropped, ""},
      {"/artifacts/0", "artifact", "content", LossKind::approximated, ""},
      {"", "finish", "", LossKind::invented, ""},
      {"/a/b", "c d", "e", LossKind::reordered, ""},
      {"", "3 more", "", LossKind::dropped, ""}};
  EXPECT_EQ(read_losses(model::summary(losses)), losses);
  EXPECT_TRUE(read_losses("").empty());
  EXPECT_TRUE(read_losses("nothing of ours; ; x; /a \xff> dropped").empty());
  const std::vector<model::Loss> many(500, losses.front());
  const auto some = read_losses(model::summary(many));
  ASSERT_GT(some.size(), 10U);
  EXPECT_TRUE(some.back().from.ends_with(" more")) << some.back().from;
  EXPECT_EQ(read_losses("finish> dropped").at(0).from, "finish");

  for (const auto& usage :
       {model::Usage{.input = 3, .output = 4},
        model::Usage{.input = 3, .output = 4, .cached = 1, .reasoning = 2}, model::Usage{}})
    EXPECT_EQ(read_usage(usage_header(usage)), usage);
  EXPECT_EQ(usage_header({.input = 3, .output = 4}), "input=3, output=4");
  for (const auto* other : {"", "x", "input", "input=", "input=-1", "input=1x", "tokens=3"})
    EXPECT_FALSE(read_usage(other)) << other;
}

TEST(RestReader, AnEndKeepsItsLosses) {
  model::Event event = model::end_with(output_of("x"));
  std::get<model::End>(event.body)
      .losses.push_back({"/turns", "file", "", model::LossKind::dropped, "why"});
  const RestEvent written = encode_event(event, model::Shape::converse, TaskId());
  const auto read = read_event(written.name, written.data);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(**read, event);
}

TEST(RestTelling, WhatStreamedIsNotLost) {
  model::Output output = output_of("in words");
  output.data = json::object{{"sum", 5}};
  const model::Event words{model::Delta{.text = "in words"}};
  for (const bool had_before : {false, true}) {
    Telling telling(model::Shape::invoke, Telling::Ends::whole);
    if (had_before)
      telling.skip(words);
    else
      EXPECT_EQ(telling.tell(words, TaskId()).name, "delta");
    const RestEvent done = telling.tell(model::end_with(output), TaskId());
    EXPECT_FALSE(done.data.contains("losses")) << json::write(done.data);
  }
  Telling silent(model::Shape::invoke, Telling::Ends::whole);
  EXPECT_TRUE(silent.tell(model::end_with(output), TaskId()).data.contains("losses"));
  Telling bare(model::Shape::converse, Telling::Ends::bare);
  (void)bare.tell(words, TaskId());
  const RestEvent done = bare.tell(model::end_with(model::Output()), TaskId());
  EXPECT_EQ(json::write(done.data.at("result")), R"({"text":"in words"})");
}

TEST(RestProblem, CarriesTheReasonExactly) {
  for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
    Error error = make_argument_error("/items/1/qty", "words");
    error.reason = static_cast<Reason>(i);
    error.solution = "shop";
    const auto problem = problem_json(error, 400);
    EXPECT_EQ(reason_from(json::string_at(problem, "reason")), error.reason);
    EXPECT_EQ(json::string_at(problem, "param"), "/items/1/qty");
    EXPECT_EQ(json::string_at(problem, "solution"), "shop");
  }
}

model::Ask ask_of(model::Ask::Kind kind) {
  model::Ask ask;
  model::Ask::Item item{.kind = kind, .message = "Pay 4?"};
  ask.items["q"] = std::move(item);
  return ask;
}

TEST(RestInput, SeveralWaysToAnswer) {
  const auto read = [](const model::Ask& ask, std::string_view body) {
    return decode_input(ask, json::parse(body).value());
  };
  const auto form = ask_of(model::Ask::Kind::form);
  EXPECT_EQ(json::write(*read(form, R"({"confirm":true})")->at("q").data), R"({"confirm":true})");
  EXPECT_EQ(json::write(*read(form, R"({"answers":{"q":{"a":1}}})")->at("q").data), R"({"a":1})");
  EXPECT_EQ(read(form, R"({"action":"decline"})")->at("q").action, model::AnswerAction::decline);
  EXPECT_FALSE(read(form, R"({"answers":{"other":{}}})"));
  EXPECT_FALSE(read(form, R"({"action":"maybe"})"));
  const auto consent = ask_of(model::Ask::Kind::approve);
  EXPECT_EQ(read(consent, "false")->at("q").action, model::AnswerAction::decline);
  EXPECT_FALSE(read(consent, R"({"approved by":"the administrator"})"));
  EXPECT_EQ(read(ask_of(model::Ask::Kind::question), "\"Sunday\"")->at("q").text, "Sunday");
  EXPECT_EQ(read(ask_of(model::Ask::Kind::question), R"({"text":"Sunday"})")->at("q").text,
            "Sunday");
}

TEST(RestEvents, EachHasItsName) {
  const TaskId none;
  const auto shape = model::Shape::invoke;
  EXPECT_EQ(encode_event({model::Delta{.text = "a"}}, shape, none).name, "delta");
  EXPECT_EQ(encode_event({model::State{}}, shape, none).name, "status");
  EXPECT_EQ(encode_event({model::Artifact{.id = "a"}}, shape, none).name, "artifact");
  EXPECT_EQ(encode_event({ask_of(model::Ask::Kind::form)}, shape, TaskId("1")).data.at("job"),
            "/api/jobs/1");
  EXPECT_EQ(encode_event(model::end_with(output_of("x")), shape, none).name, "done");
  EXPECT_EQ(encode_event(model::end_with(make_error(Reason::deadline, "late")), shape, none).name,
            "error");
  EXPECT_EQ(encode_event({model::Usage{}}, shape, none).name, "usage");
}

TEST(RestReader, WhatIsWrittenIsReadBack) {
  model::Output output = output_of("five");
  output.turns.front().parts.push_back(
      {.body = model::Blob{.bytes = "PNG", .filename = "a.png"}, .media_type = "image/png"});
  output.turns.front().parts.push_back({.body = model::Link{"https://x.example/y", "y", {}}});
  output.turns.front().parts.push_back({.body = model::ToolCall{"c1", "find", R"({"a": 1})"}});
  output.data = json::object{{"sum", 5}};
  output.finish = model::Finish::tool_calls;
  output.usage = model::Usage{.input = 3, .output = 4, .cached = 1, .reasoning = 2};
  output.model = "m-1";
  model::Artifact artifact{.id = "a", .name = "A"};
  artifact.parts.push_back(model::Part::data(json::array{1, 2}));
  output.artifacts.push_back(artifact);
  for (const auto shape : {model::Shape::converse, model::Shape::invoke}) {
    std::vector<model::Loss> losses;
    if (shape == model::Shape::invoke) output.data.reset();
    if (shape == model::Shape::invoke) output.artifacts.front().parts.push_back(artifact.parts[0]);
    const json::value body = encode_output(output, shape, losses);
    const auto read = read_output(body, form_of(output, shape));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, output) << json::write(body);
  }
  EXPECT_EQ(read_output(json::array{1}, "data")->data, json::value(json::array{1}));
  EXPECT_FALSE(read_output(json::array{1}, "parts"));
}

TEST(RestReader, EventsAreReadBack) {
  const TaskId none;
  const auto shape = model::Shape::converse;
  model::State state;
  state.progress = model::Progress{.done = 1, .total = 3.0, .text = "step"};
  Error error = make_argument_error("/x", "/x: no");
  model::Artifact artifact{.id = "a", .append = true};
  artifact.parts.push_back(model::Part::text("more"));
  for (const model::Event& event : {model::Event{model::Delta{.text = "a"}},
                                    model::Event{model::Delta{.kind = model::Delta::Kind::tool_call,
                                                              .text = "{",
                                                              .tool_index = 2,
                                                              .tool_id = "c",
                                                              .tool_name = "f"}},
                                    model::Event{state}, model::Event{artifact},
                                    model::end_with(output_of("x")), model::end_with(error)}) {
    const RestEvent written = encode_event(event, shape, none);
    const auto read = read_event(written.name, written.data);
    ASSERT_TRUE(read && *read) << written.name;
    EXPECT_EQ(**read, event) << json::write(written.data);
  }
  EXPECT_FALSE(*read_event("news", {}));
}

TEST(RestAccept, AStreamIsGivenToWhoWouldRatherHaveIt) {
  const auto events = [](std::string_view accept) {
    wire::RequestHead head;
    head.headers.set("Accept", std::string(accept));
    return wants_events(head);
  };
  EXPECT_TRUE(events("text/event-stream"));
  EXPECT_TRUE(events("text/event-stream, application/json"));
  EXPECT_TRUE(events("application/json;q=0.5, text/event-stream"));
  EXPECT_FALSE(events("application/json, text/event-stream"));
  EXPECT_FALSE(events("text/event-stream; q=0.1, */*"));
  EXPECT_FALSE(events("text/event-stream;q=0"));
  EXPECT_FALSE(events("*/*"));
  EXPECT_FALSE(events(""));
}

TEST(Jobs, StatesInTheWordsOfManyServices) {
  EXPECT_EQ(job_state(202, ""), JobState::running);
  EXPECT_EQ(job_state(200, R"({"status":"In_Progress"})"), JobState::running);
  EXPECT_EQ(job_state(200, R"({"state":"failed"})"), JobState::failed);
  EXPECT_EQ(job_state(200, R"({"status":"completed"})"), JobState::done);
  EXPECT_EQ(job_state(200, "[1]"), JobState::done);
  EXPECT_EQ(stream_text(R"({"text":"a"})"), "a");
  EXPECT_EQ(stream_text(R"({"n":1})"), "{\"n\":1}\n");
}

}  // namespace
}  // namespace weft::adapters::openapi
