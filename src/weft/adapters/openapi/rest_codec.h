// weft's own REST, both ways: outputs, events, jobs and questions as JSON, and what a caller sends
// back. Owned by adapters/openapi; pure.
#pragma once

#include <string>
#include <string_view>

#include "weft/base/json.h"
#include "weft/hub/tasks.h"
#include "weft/model/call.h"
#include "weft/model/event.h"
#include "weft/model/solution.h"

namespace weft::adapters::openapi {

/// RFC 9457: type, title, status, detail; and weft's reason, the argument's pointer and the
/// solution where there are any.
json::object problem_json(const Error& error, int status);

/// By this header an answer says which of its forms it has, so that another weft reads it whole:
/// `data` (the structured result itself), `parts` (`{text, artifacts, …}`) or `events`.
inline constexpr std::string_view kFormHeader = "Weft-Answer";
/// `data` or `parts`.
std::string_view form_of(const model::Output& output, model::Shape shape);

/// What the call took, whatever the form: `input=3, output=4`, and `cached` and `reasoning` where
/// there are any.
inline constexpr std::string_view kUsageHeader = "Weft-Usage";
std::string usage_header(const model::Usage& usage);
/// What was lost: model::summary(), as respond_json() writes it.
inline constexpr std::string_view kLossHeader = "Weft-Loss";

/// The answer's document: the structured result as it is; else `{text, artifacts, …}`. Content that
/// does not fit beside a structured result is noted in `losses`.
json::value encode_output(const model::Output& output, model::Shape shape,
                          std::vector<model::Loss>& losses);
/// Notes what neither encode_output() nor a header tells: how an answer ended and who made it,
/// where a structured result stands alone.
void note_facts(const model::Output& output, model::Shape shape, std::vector<model::Loss>& losses);
/// Marks a schema as that of weft's own envelopes: to another weft it is no schema of the skill.
inline constexpr std::string_view kAnswerMark = "x-weft-answer";
/// The schema of what encode_output() writes where a skill has none of its own, marked.
json::object answer_schema();

/// The `type` of a problem that is a question.
inline constexpr std::string_view kQuestionType = "urn:weft:question";
/// `{asks: {key: {kind, message, schema?, url?}}}` as the member `question` of jobs and of
/// problems.
json::object question_json(const model::Ask& ask);
std::string job_path(const TaskId& id);
json::object job_json(const hub::TaskView& view, model::Shape shape);

/// An event's name on the stream and its data; an empty name for events that REST does not show.
struct RestEvent {
  std::string name;
  json::object data;
};
RestEvent encode_event(const model::Event& event, model::Shape shape, const TaskId& job);
/// The last event. `end` is the whole answer; `rest` is what of it did not stream before: of a
/// structured result, which stands alone, only that is lost.
RestEvent encode_end(const model::End& end, const model::Output& rest, model::Shape shape);

/// What POST …/input holds: `{answers: {key: …}}`, `{action, data, text}` or, for one question, the
/// data itself.
Result<model::Answers> decode_input(const model::Ask& ask, const json::value& body);

}  // namespace weft::adapters::openapi
