// A conversation for a skill of any schema: arguments that fit it, or a question that can be said
// and whose answer fits it. `{schema, call}`, or plain words for skills that are known.
#include "weft/hub/shaping.h"

#include <algorithm>
#include <array>

#include "weft/hub/answers.h"
#include "weft/model/codec.h"

namespace weft::hub {
namespace {

constexpr std::array<std::string_view, 4> kSchemas{
    R"({"type":"object","required":["city"],"properties":{"city":{"type":"string"},
        "days":{"type":"integer"}}})",
    R"({"type":"object","required":["to","amount"],"properties":{"to":{"type":"string"},
        "amount":{"type":"integer"}}})",
    R"({"type":"object","required":["sure"],"properties":{"sure":{"type":"boolean"}}})",
    R"({"type":"object"})"};

/// Whether a text can stand in a JSON document.
bool is_text(std::string_view text) {
  return json::parse(json::write(json::value(text))).has_value();
}

bool fits(const Schema* schema, const json::value& value) {
  return !schema || !schema->check(value);
}

model::Call say(std::string_view words) {
  model::Call call;
  model::Turn turn;
  turn.parts.push_back(model::Part::text(std::string(words)));
  call.turns.push_back(std::move(turn));
  return call;
}

void fuzz_answer(const model::Ask& ask, const Schema* schema, const model::Call& call) {
  model::Answer said;
  if (!call.turns.empty()) said.text = model::joined_text(call.turns.back().parts, true);
  model::Answers given;
  given["arguments"] = std::move(said);
  model::Answers answers;
  if (!take_answers(ask, given, answers)) {
    WEFT_ASSERT(answers.empty());
    return;
  }
  WEFT_ASSERT(all_answered(ask, answers));
  const auto& data = answers.at("arguments").data;
  WEFT_ASSERT(data && fits(schema, *data));
}

void fuzz_call(const model::Skill& skill, const Schema* schema, const model::Call& call) {
  const Shaped shaped = args_from_turns(skill, schema, call);
  WEFT_ASSERT(shaped.args.has_value() != shaped.ask.has_value());
  if (shaped.args) {
    // A skill without fields is called without them, whatever else its schema says.
    const bool nothing = shaped.args->is_object() && shaped.args->get_object().empty();
    WEFT_ASSERT(nothing || (shaped.args->is_object() && fits(schema, *shaped.args)));
    return;
  }
  WEFT_ASSERT(shaped.ask->items.size() == 1);
  const auto& [key, item] = *shaped.ask->items.begin();
  WEFT_ASSERT(key == "arguments" && item.kind == model::Ask::Kind::form);
  WEFT_ASSERT(item.schema == skill.input_schema && is_text(item.message));
  fuzz_answer(*shaped.ask, schema, call);
}

void fuzz_schema(const std::optional<json::value>& schema, const model::Call& call) {
  model::Skill skill;
  skill.id = SkillId("pay");
  skill.input_schema = schema;
  WEFT_ASSERT(outward_input_schema(skill).is_object());
  if (!schema) return fuzz_call(skill, nullptr, call);
  // A skill whose schema cannot be compiled is not called.
  const auto compiled = Schema::create(*schema);
  if (compiled) fuzz_call(skill, &*compiled, call);
}

void fuzz_args(const json::value& args) {
  const auto turns = turns_from_args(args);
  if (!turns) {
    WEFT_ASSERT(!turns.error().message.empty());
    return;
  }
  WEFT_ASSERT(std::ranges::any_of(
      *turns, [](const model::Turn& turn) { return turn.role != model::Role::system; }));
}

void fuzz(std::string_view text) {
  const auto document = json::parse(text);
  if (!document && !is_text(text)) return;
  model::Call call = say(text);
  for (const std::string_view schema : kSchemas) fuzz_schema(json::parse(schema).value(), call);
  fuzz_schema(std::nullopt, call);
  if (!document) return;
  fuzz_args(*document);
  if (const auto* given = json::find(*document, "call")) {
    auto read = model::call_from_json(*given);
    if (!read) return;
    call = *std::move(read);
  }
  if (const auto* schema = json::find(*document, "schema")) fuzz_schema(*schema, call);
}

}  // namespace
}  // namespace weft::hub

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::hub::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
