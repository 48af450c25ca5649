// weft's own REST read from any text, at the door and at the reader of another weft: what was read
// once is written and read again the same, and a caller's answer is one to a question that was
// asked.
#include <array>

#include "weft/adapters/openapi/rest_codec.h"
#include "weft/adapters/openapi/rest_reader.h"
#include "weft/adapters/openapi/server.h"
#include "weft/model/codec.h"

namespace weft::adapters::openapi {
namespace {

using model::Ask;

constexpr std::array kShapes{model::Shape::converse, model::Shape::invoke};

/// One of each kind alone, a form with fields named as our own words, and two questions at once.
const std::vector<Ask>& asks() {
  static const std::vector<Ask> kAsks = [] {
    std::vector<Ask> out;
    for (const auto kind : {Ask::Kind::form, Ask::Kind::question, Ask::Kind::url,
                            Ask::Kind::approve, Ask::Kind::sample, Ask::Kind::login}) {
      Ask ask;
      ask.items["q"] = Ask::Item{.kind = kind, .message = "Pay 4?"};
      out.push_back(std::move(ask));
    }
    Ask two = out.front();
    two.items["q"].schema = json::parse(R"({"properties":{"action":{},"answers":{}}})").value();
    out.push_back(two);
    two.items["r"] = Ask::Item{.kind = Ask::Kind::approve, .message = "Sure?"};
    out.push_back(std::move(two));
    return out;
  }();
  return kAsks;
}

void fuzz_input(const Ask& ask, const json::value& body) {
  const auto answers = decode_input(ask, body);
  if (!answers) {
    WEFT_ASSERT(answers.error().reason == Reason::invalid_argument);
    WEFT_ASSERT(!answers.error().message.empty() && !answers.error().param.empty());
    return;
  }
  for (const auto& [key, answer] : *answers) {
    WEFT_ASSERT(ask.items.contains(key));
    const auto again = model::answer_from_json(model::to_json(answer));
    WEFT_ASSERT(again && *again == answer);
  }
}

model::Output retold(const model::Output& output, model::Shape shape) {
  std::vector<model::Loss> losses;
  const auto body = json::parse(json::write(encode_output(output, shape, losses)));
  WEFT_ASSERT(body.has_value());
  auto read = read_output(*body, form_of(output, shape));
  WEFT_ASSERT(read.has_value());
  return *std::move(read);
}

void fuzz_output(const json::value& body) {
  for (const std::string_view form : {"data", "parts", ""}) {
    const auto output = read_output(body, form);
    if (!output) {
      WEFT_ASSERT(output.error().reason == Reason::upstream_protocol);
      continue;
    }
    for (const model::Shape shape : kShapes) {
      const model::Output once = retold(*output, shape);
      WEFT_ASSERT(retold(once, shape) == once);
    }
  }
}

model::Event retold(const model::Event& event, model::Shape shape) {
  const RestEvent told = encode_event(event, shape, TaskId());
  const auto data = json::parse_object(json::write(told.data), "an event");
  WEFT_ASSERT(data.has_value());
  auto read = read_event(told.name, *data);
  WEFT_ASSERT(read && *read);
  return **std::move(read);
}

void fuzz_event(const json::object& data) {
  WEFT_ASSERT(read_event("news", data) == std::nullopt);
  for (const std::string_view name :
       {"delta", "status", "artifact", "usage", "ask", "done", "error"}) {
    const auto read = read_event(name, data);
    if (!read) {
      WEFT_ASSERT(read.error().reason == Reason::upstream_protocol);
      continue;
    }
    WEFT_ASSERT(read->has_value());
    const model::Event& event = **read;
    WEFT_ASSERT(event.is_end() == (name == "ask" || name == "done" || name == "error"));
    for (const model::Shape shape : kShapes) {
      const model::Event once = retold(event, shape);
      WEFT_ASSERT(event.is_end() || once == event);
      WEFT_ASSERT(retold(once, shape) == once);
    }
  }
}

void fuzz_problem(const json::object& problem) {
  const auto error = read_problem(problem);
  if (!error) return;
  WEFT_ASSERT(error->reason != Reason::none);
  const auto told = json::parse_object(json::write(problem_json(*error, 500)), "a problem");
  WEFT_ASSERT(told && read_problem(*told) == error);
}

void fuzz(std::string_view text) {
  wire::RequestHead head;
  head.headers.set("Accept", text);
  (void)wants_events(head);
  // A level of nesting is kept free: a result may stand below one that it did not come with.
  const auto list = json::parse("[" + std::string(text) + "]");
  if (!list || list->get_array().size() != 1) return;
  const json::value& document = list->get_array().front();
  for (const Ask& ask : asks()) fuzz_input(ask, document);
  fuzz_output(document);
  if (!document.is_object()) return;
  fuzz_event(document.get_object());
  fuzz_problem(document.get_object());
}

}  // namespace
}  // namespace weft::adapters::openapi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::adapters::openapi::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
