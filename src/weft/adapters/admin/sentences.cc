// What people taught the hub to understand, and how well it does.
#include <format>

#include "weft/adapters/admin/api.h"
#include "weft/adapters/admin/body.h"
#include "weft/dialogue/api.h"

namespace weft::adapters::admin {
namespace {

struct Lesson {
  std::string skill;
  std::string example;
};

Result<Lesson> read_lesson(const json::object& body) {
  WEFT_CHECK(check_members(body, {"skill", "example"}));
  Lesson out{.skill = std::string(json::string_at(body, "skill")),
             .example = std::string(json::string_at(body, "example"))};
  if (out.skill.empty())
    return fail(make_argument_error("/skill", "skill: which one, as SOLUTION/SKILL"));
  if (out.example.empty())
    return fail(make_argument_error("/example", "example: a sentence that asks for the skill"));
  return out;
}

Result<std::vector<dialogue::LabelledSentence>> read_sentences(const json::object& body) {
  WEFT_CHECK(check_members(body, {"sentences"}));
  const auto* list = json::array_at(body, "sentences");
  if (list == nullptr || list->empty() || list->size() > kSentencesMax) {
    return fail(make_argument_error("/sentences",
                                    std::format("sentences: a list of 1 to {}", kSentencesMax)));
  }
  std::vector<dialogue::LabelledSentence> out;
  out.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto* o = (*list)[i].if_object();
    const auto* gold = o == nullptr ? nullptr : json::find(*o, "gold");
    if (gold == nullptr || !(gold->is_null() || gold->is_string()) ||
        json::string_at(*o, "text").empty()) {
      return fail(
          make_argument_error(std::format("/sentences/{}", i),
                              R"(a sentence is {"text": "…", "gold": "SOLUTION/SKILL" or null})"));
    }
    dialogue::LabelledSentence each{.text = std::string(json::string_at(*o, "text")),
                                    .gold = std::nullopt};
    if (gold->is_string()) each.gold = std::string(gold->get_string());
    out.push_back(std::move(each));
  }
  return out;
}

Awaitable<Result<json::value>> teach(dialogue::Training& training, Request& request, bool forgets) {
  WEFT_CO_TRY(const json::object body, co_await read_object(request.exchange));
  WEFT_CO_TRY(Lesson lesson, read_lesson(body));
  json::object out{{"skill", lesson.skill}, {"example", lesson.example}};
  if (forgets) {
    WEFT_CO_CHECK(co_await training.forget(std::move(lesson.skill), std::move(lesson.example)));
    out["forgotten"] = true;
  } else {
    WEFT_CO_TRY(const std::size_t count,
                co_await training.teach(std::move(lesson.skill), std::move(lesson.example)));
    out["examples"] = count;
  }
  co_return json::value(std::move(out));
}

Awaitable<Result<json::value>> test(dialogue::Training& training, Request& request) {
  WEFT_CO_TRY(const json::object body, co_await read_object(request.exchange));
  WEFT_CO_TRY(auto sentences, read_sentences(body));
  auto tested = co_await training.test(request.principal, std::move(sentences));
  co_return tested;
}

Awaitable<Result<json::value>> handle(dialogue::Training* training, Request& request) {
  if (training == nullptr) co_return fail(Reason::unsupported, "this hub understands no sentences");
  const std::string& method = request.exchange.head().method;
  const bool tests = request.rest.size() == 1 && request.rest.front() == "test";
  if (tests && method == "POST") co_return co_await test(*training, request);
  if (request.rest.empty() && method == "GET")
    co_return json::object{{"examples", training->taught()}};
  if (request.rest.empty() && (method == "POST" || method == "DELETE"))
    co_return co_await teach(*training, request, method == "DELETE");
  co_return fail(wrong_method(request, "GET, POST, DELETE, and POST sentences/test"));
}

}  // namespace

Awaitable<> handle_sentences(Environment& environment, Request& request) {
  auto done = co_await handle(environment.training, request);
  if (!done) co_return answer_error(request.exchange, std::move(done).error());
  answer(request.exchange, 200, *std::move(done));
}

}  // namespace weft::adapters::admin
