// What a task asks: how it is shown, which words answer it, and what those words are sent as. Owned
// by app; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/event.h"

namespace weft::app {

/// The lines of the question: its words, the fields of a form, where to go.
std::vector<std::string> lines_of(const model::Ask& ask);
/// The command that answers it, ready to be pasted: `weft task answer 01K… district=…`.
std::string answer_command(std::string_view task, const model::Ask& ask);
/// What is done next, as a hint: the command and how to say no; for a question that others answer,
/// theirs.
std::string next_step(std::string_view task, const model::Ask& ask);
/// Whether the question is another's to answer than whoever called.
bool waits_for_others(const model::Ask& ask);
/// What is to be typed, in words.
std::string answer_taken(const model::Ask& ask);

/// What the words of an answer are sent as: the body of POST tasks/ID/answer.
Result<json::object> answer_of_words(const std::vector<std::string>& words, const model::Ask& ask);
/// The same of --input: JSON is data, anything else a text. Several questions take an object with
/// an answer by question.
Result<json::object> answer_of_input(const std::string& input, const model::Ask& ask);
json::object answer_of_decline(const model::Ask& ask);

}  // namespace weft::app
