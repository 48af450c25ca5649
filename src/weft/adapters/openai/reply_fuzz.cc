// What a caller says to a question and what an upstream says went wrong, in any words: a reply
// answers every question or none, a question is found again when it is replayed, an error keeps its
// meaning.
#include <array>

#include "weft/adapters/openai/conversation.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/messages.h"
#include "weft/model/codec.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openai {
namespace {

using model::Ask;
using model::Turn;

constexpr std::array<std::string_view, 4> kForms{
    R"({"type":"object","properties":{}})",
    R"({"type":"object","required":["sure"],"properties":{"sure":{"type":"boolean"}}})",
    R"({"type":"object","properties":{"n":{"type":"integer"}}})",
    R"({"type":"object","properties":{"when":{"enum":["am","pm",3]},"day":{"type":"string"}}})"};

Ask ask_of(Ask::Item item) {
  Ask ask;
  ask.items["q"] = std::move(item);
  return ask;
}

/// One of each kind, each form, and two questions at once.
const std::vector<Ask>& asks() {
  static const std::vector<Ask> kAsks = [] {
    std::vector<Ask> out;
    for (const auto kind : {Ask::Kind::question, Ask::Kind::url, Ask::Kind::approve,
                            Ask::Kind::sample, Ask::Kind::login})
      out.push_back(ask_of({.kind = kind, .message = "Which day?", .url = "http://a.example/"}));
    for (const std::string_view form : kForms)
      out.push_back(ask_of({.kind = Ask::Kind::form, .schema = json::parse(form).value()}));
    Ask two = out.back();
    two.items["r"] = Ask::Item{.kind = Ask::Kind::approve, .message = "Pay?"};
    out.push_back(std::move(two));
    return out;
  }();
  return kAsks;
}

void fuzz_reply(const Ask& ask, const Turn& said) {
  const auto answers = read_answers(ask, said);
  if (!answers) {
    WEFT_ASSERT(answers.error().reason == Reason::invalid_argument);
    WEFT_ASSERT(!answers.error().message.empty());
    return;
  }
  WEFT_ASSERT(answers->size() == ask.items.size());
  for (const auto& [key, answer] : *answers) {
    const auto item = ask.items.find(key);
    WEFT_ASSERT(item != ask.items.end());
    const bool filled =
        item->second.kind == Ask::Kind::form && answer.action == model::AnswerAction::accept;
    WEFT_ASSERT(!filled || (answer.data && answer.data->is_object()));
    const auto again = model::answer_from_json(model::to_json(answer));
    WEFT_ASSERT(again && *again == answer);
  }
}

/// The caller sends the question back with its reply.
void fuzz_question(const Ask& ask, const model::Call& call, const Turn& said) {
  const Turn asked = question_turn(ask, call);
  std::vector<model::Loss> losses;
  const std::string sent = json::write(json::value(messages_from_turns({asked}, losses)));
  WEFT_ASSERT(losses.empty());
  const auto messages = json::parse(sent);
  WEFT_ASSERT(messages && messages->is_array());
  auto replayed = turns_from_messages(messages->get_array());
  WEFT_ASSERT(replayed && replayed->size() == 1);
  replayed->push_back(said);
  const auto prefixes = assistant_prefixes("ann", "agent/clinic", *replayed);
  WEFT_ASSERT(prefixes.size() == 1 && prefixes.front().turns == 1);
  WEFT_ASSERT(prefixes.front().key == key_after("ann", "agent/clinic", {}, asked));
}

void fuzz_ask(const Ask& ask, const Turn& said) {
  WEFT_ASSERT(wire::is_utf8(question_text(ask)));
  fuzz_reply(ask, said);
  model::Call call;
  call.id = CallId("1");
  fuzz_question(ask, call, said);
  call.tools.push_back({.name = std::string(kAskTool)});
  fuzz_question(ask, call, said);
}

void fuzz_error(const json::object& o) {
  for (const int status : {0, 400, 401, 404, 429, 500}) {
    const Error error = error_from_json(o, status);
    WEFT_ASSERT(!error.message.empty() && error.upstream_status == status);
    WEFT_ASSERT(error.reason != Reason::none && error.reason != Reason::unauthenticated);
    const json::value told(error_json(error));
    const auto* inner = error_object(told);
    WEFT_ASSERT(inner != nullptr);
    WEFT_ASSERT(error_from_json(*inner, status) == error);
  }
}

void fuzz_document(const json::value& document, const Turn& said) {
  if (const auto ask = model::ask_from_json(document)) fuzz_ask(*ask, said);
  if (const auto* o = document.if_object()) fuzz_error(*o);
  if (const auto* inner = error_object(document)) fuzz_error(*inner);
  const auto* messages = document.if_array();
  const auto turns = messages ? turns_from_messages(*messages) : std::vector<Turn>();
  if (!turns || turns->empty()) return;
  for (const Ask& ask : asks()) fuzz_reply(ask, turns->back());
}

void fuzz(std::string_view text) {
  WEFT_ASSERT(param_of_pointer(text).size() <= 2 * text.size());
  // What is said comes out of a JSON document.
  if (!wire::is_utf8(text)) return;
  Turn said{.role = model::Role::user};
  said.parts.push_back(model::Part::text(std::string(text)));
  for (const Ask& ask : asks()) fuzz_ask(ask, said);
  if (const auto document = json::parse(text)) fuzz_document(*document, said);
}

}  // namespace
}  // namespace weft::adapters::openai

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::openai::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
