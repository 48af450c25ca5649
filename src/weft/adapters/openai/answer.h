// The chat completion, both ways: what a call came to, and its usage. Owned by adapters/openai;
// pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/openai/trail.h"
#include "weft/base/json.h"
#include "weft/model/event.h"

namespace weft::adapters::openai {

/// What every completion and chunk says of itself.
struct CompletionHead {
  std::string id;
  std::int64_t created_s = 0;
  /// The name as the caller sent it.
  std::string model;
};

/// The message's text: turns, then artifacts, one after the other; structured results as compact
/// JSON when there is no text or `as_json` is asked; files as data URLs.
std::string content_text(const model::Output& output, bool as_json);
/// What one part contributes to the text of a message: text, a file as data URL, a link's address,
/// data as compact JSON; empty for what has a field of its own or no place at all.
std::string part_text(const model::Part& part);
/// What of the text did not stream before the end.
std::string rest_of_content(const model::Output& output, const TextTrail& trail);
/// What of the answer a message has no place for.
std::vector<model::Loss> losses_of_answer(const model::Output& output, bool as_json);
/// The answer as a caller replays it: the text it was shown, the refusal, the calls of tools.
model::Turn replayed_turn(std::string content, const model::Output& output);
/// The `chat.completion` document of an output.
json::object encode_completion(const model::Output& output, const CompletionHead& head,
                               bool as_json);
json::object usage_json(const model::Usage& usage);
std::string_view finish_word(const model::Output& output);

/// Reads an upstream's completion. Errors: Reason::upstream_protocol, saying what is missing.
Result<model::Output> decode_completion(std::string_view body);
std::optional<model::Usage> read_usage(const json::object& o);
/// stop, length, tool_calls, content_filter; unknown words count as stop.
model::Finish finish_from(std::string_view word);

}  // namespace weft::adapters::openai
