#include "weft/hub/shaping.h"

#include <gtest/gtest.h>

#include "weft/hub/testing.h"

namespace weft::hub {
namespace {

constexpr std::string_view kTwo =
    R"({"type":"object","properties":{"to":{"type":"string","description":"who gets it"},"amount":{"type":"integer"},
        "note":{"type":"string"}},"required":["to","amount"]})";
constexpr std::string_view kOne =
    R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]})";

Shaped shape(std::string_view schema, model::Call call) {
  const auto skill = testing::fake_skill("pay", model::Shape::invoke, schema);
  std::optional<Schema> compiled;
  if (!schema.empty()) compiled.emplace(Schema::create(*skill.input_schema).value());
  return args_from_turns(skill, compiled ? &*compiled : nullptr, call);
}

model::Call say(std::string text) {
  model::Call call;
  call.turns.push_back(
      {"", model::Role::user, "", {model::Part::text("earlier {\"to\":\"x\",\"amount\":1}")}});
  call.turns.push_back({"", model::Role::assistant, "", {model::Part::text("yes?")}});
  call.turns.push_back({"", model::Role::user, "", {model::Part::text(std::move(text))}});
  return call;
}

std::string args_of(const Shaped& shaped) {
  return shaped.args ? json::write(*shaped.args) : "none";
}

TEST(Shaping, ReadsJsonWhereverItIsSaid) {
  const std::string pay = R"({"to":"Li","amount":5})";
  EXPECT_EQ(args_of(shape(kTwo, say(pay))), pay);
  EXPECT_EQ(args_of(shape(kTwo, say("\n  " + pay + "\n"))), pay);
  EXPECT_EQ(args_of(shape(kTwo, say("Do it:\n```json\n" + pay + "\n```\nthanks"))), pay);
  EXPECT_EQ(args_of(shape(kTwo, say("```\nnot json\n``` and ```json\n" + pay + "\n```"))), pay);
  auto data = say("");
  data.turns.back().parts = {model::Part::data(json::parse(pay).value())};
  EXPECT_EQ(args_of(shape(kTwo, data)), pay);
  auto meta = say("pay Li");
  meta.meta["weft_args"] = json::parse(pay).value();
  EXPECT_EQ(args_of(shape(kTwo, meta)), pay);
  meta.meta["weft_args"] = pay;
  EXPECT_EQ(args_of(shape(kTwo, meta)), pay);
}

TEST(Shaping, TextFillsTheOnlyRequiredField) {
  EXPECT_EQ(args_of(shape(kOne, say("Shanghai"))), R"({"city":"Shanghai"})");
  EXPECT_EQ(
      args_of(shape(R"({"type":"object","properties":{"q":{"type":"string"}}})", say("noodles"))),
      R"({"q":"noodles"})");
  EXPECT_EQ(args_of(shape(R"({"type":"object"})", say("go"))), "{}");
  EXPECT_EQ(args_of(shape("", say("go"))), R"({"input":"go"})");
  EXPECT_FALSE(shape(R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]})",
                     say("five"))
                   .args);
}

TEST(Shaping, AsksForWhatIsMissing) {
  const auto shaped = shape(kTwo, say("pay Li"));
  ASSERT_TRUE(shaped.ask);
  const auto& item = shaped.ask->items.at("arguments");
  EXPECT_EQ(item.kind, model::Ask::Kind::form);
  EXPECT_TRUE(item.schema.has_value());
  EXPECT_NE(item.message.find("- to (string): who gets it"), std::string::npos) << item.message;
  EXPECT_NE(item.message.find("- note (string), optional"), std::string::npos);
  const auto wrong = shape(kTwo, say(R"({"to":"Li","amount":"five"})"));
  EXPECT_NE(wrong.ask->items.at("arguments").message.find("/amount: expected integer"),
            std::string::npos);
}

TEST(Shaping, ArgumentsBecomeTurns) {
  const auto read = [](std::string_view args) {
    return turns_from_args(json::parse(args).value());
  };
  const auto plain = read(
      R"({"system":"be brief","prompt":"hi","data":{"a":1},"images":["https://x.example/i.png"]})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->size(), 2U);
  EXPECT_EQ(plain->front().role, model::Role::system);
  EXPECT_EQ(plain->back().parts.size(), 3U);
  const auto messages = read(R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},
                                             {"role":"assistant","content":"b"},{"content":"c"}]})");
  ASSERT_TRUE(messages);
  EXPECT_EQ(messages->size(), 3U);
  EXPECT_EQ(model::joined_text(messages->front().parts, false), "a");
  EXPECT_EQ(read(R"({})").error().param, "/message");
  EXPECT_EQ(read(R"({"system":"x"})").error().param, "/message");
  EXPECT_EQ(read(R"({"messages":[{"role":"boss","content":"x"}]})").error().param,
            "/messages/0/role");
  EXPECT_EQ(read(R"({"messages":[{"role":"user"}]})").error().param, "/messages/0/content");
  EXPECT_EQ(read(R"({"message":"x","images":"y"})").error().param, "/images");
  EXPECT_FALSE(read("7"));
  EXPECT_TRUE(read(R"("hi")"));
}

TEST(Shaping, ArgumentsSayHowAModelIsToWrite) {
  const auto steered = [](std::string_view args, model::Call call = {}) {
    call.args = json::parse(args).value();
    const auto done = steer_from_args(call);
    return done ? Result<model::Call>(std::move(call)) : std::unexpected(done.error());
  };
  const auto call = steered(R"({"model":"big","max_tokens":7,"temperature":0.5,
      "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}})");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->model, "big");
  EXPECT_EQ(call->gen.max_tokens, 7);
  EXPECT_EQ(call->gen.temperature, 0.5);
  EXPECT_EQ(call->gen.format, "schema");
  EXPECT_EQ(call->gen.schema_name, "n");
  EXPECT_EQ(call->gen.schema, (json::object{{"type", "object"}}));
  EXPECT_EQ(steered(R"({"response_format":{"type":"json_object"}})")->gen.format, "json");
  // What the call says already stays.
  model::Call said;
  said.model = "small";
  said.gen.max_tokens = 1;
  const auto kept = steered(R"({"model":"big","max_tokens":7})", said);
  EXPECT_EQ(kept->model, "small");
  EXPECT_EQ(kept->gen.max_tokens, 1);
  EXPECT_EQ(steered(R"({"response_format":{"type":"xml"}})").error().param, "/response_format");
  EXPECT_EQ(steered(R"("hi")"), model::Call{.args = json::value("hi")});
}

TEST(Shaping, EveryShownSchemaFitsWhatIsRead) {
  const auto converse = converse_schema(testing::fake_skill("talk", model::Shape::converse));
  const auto schema = Schema::create(converse);
  ASSERT_TRUE(schema);
  const auto args =
      json::parse(R"({"message":"hi","messages":[{"role":"user","content":"a"}],"data":{}})")
          .value();
  EXPECT_FALSE(schema->check(args));
  EXPECT_TRUE(turns_from_args(args));
  EXPECT_TRUE(schema->check(json::parse("{}").value()));
  const auto embed = Schema::create(embed_schema());
  ASSERT_TRUE(embed);
  EXPECT_FALSE(embed->check(json::parse(R"({"input":["a"]})").value()));
  EXPECT_TRUE(embed->check(json::parse(R"({"input":[1]})").value()));
  for (const auto shape :
       {model::Shape::converse, model::Shape::invoke, model::Shape::predict, model::Shape::embed}) {
    const auto outward = outward_input_schema(testing::fake_skill("a", shape));
    EXPECT_EQ(json::string_at(outward.get_object(), "type"), "object");
  }
}

}  // namespace
}  // namespace weft::hub
