#include "weft/adapters/openai/answer.h"

#include <algorithm>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/messages.h"

namespace weft::adapters::openai {
namespace {

using model::Part;

bool has_text(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    const auto* text = std::get_if<model::Text>(&part.body);
    if (text && !text->text.empty()) return true;
  }
  return false;
}

void append_line(std::string& out, std::string text) {
  if (text.empty()) return;
  if (out.empty()) {
    out = std::move(text);
    return;
  }
  out += '\n';
  out += text;
}

bool is_data(const Part& part) { return std::holds_alternative<model::Data>(part.body); }
bool is_text(const Part& part) { return std::holds_alternative<model::Text>(part.body); }

/// The parts of one turn or artifact. Data is a copy of the text where both are there.
void append_parts(std::string& out, const std::vector<Part>& parts) {
  const bool with_data = !has_text(parts);
  for (const Part& part : parts) {
    if (with_data || !is_data(part)) append_line(out, part_text(part));
  }
}

/// Of an artifact that was told up to its first data: the rest.
void append_held(std::string& out, const std::vector<Part>& parts) {
  const bool with_data = !has_text(parts);
  for (auto part = std::ranges::find_if(parts, is_data); part != parts.end(); ++part) {
    if (with_data || !is_data(*part)) append_line(out, part_text(*part));
  }
}

void append_data(std::string& out, const std::vector<Part>& parts) {
  if (has_text(parts)) return;
  for (const Part& part : parts) {
    if (is_data(part)) append_line(out, part_text(part));
  }
}

std::string join(const model::Output& output, auto pick) {
  std::string out;
  for (const auto& turn : output.turns) {
    for (const Part& part : turn.parts) out += pick(part);
  }
  return out;
}

std::string reasoning_text(const model::Output& output) {
  return join(output, [](const Part& part) {
    const auto* r = std::get_if<model::Reasoning>(&part.body);
    return r ? r->text : std::string();
  });
}

std::string refusal_text(const model::Output& output) {
  return join(output, [](const Part& part) {
    const auto* r = std::get_if<model::Refusal>(&part.body);
    return r ? r->text : std::string();
  });
}

json::array tool_calls_json(const model::Output& output) {
  json::array calls;
  for (const auto& turn : output.turns) {
    for (const Part& part : turn.parts) {
      if (const auto* call = std::get_if<model::ToolCall>(&part.body))
        calls.push_back(tool_call_json(*call));
    }
  }
  return calls;
}

std::unexpected<Error> broken(std::string message) {
  return fail(Reason::upstream_protocol, std::move(message));
}

/// Content of an upstream's message: a string, or parts of which the texts count.
std::string upstream_text(const json::object& message) {
  const auto* content = json::find(message, "content");
  if (!content) return {};
  if (content->is_string()) return std::string(content->get_string());
  std::string text;
  if (const auto* list = content->if_array()) {
    for (const auto& item : *list) {
      const auto* o = item.if_object();
      if (o) text += json::string_at(*o, "text");
    }
  }
  return text;
}

Result<model::Turn> turn_from_choice(const json::object& choice) {
  const auto* message = json::object_at(choice, "message");
  if (!message) return broken("the completion's choice has no message");
  model::Turn turn{.role = model::Role::assistant};
  auto thought = json::string_at(*message, "reasoning_content");
  if (thought.empty()) thought = json::string_at(*message, "reasoning");
  if (!thought.empty())
    turn.parts.push_back(Part{.body = model::Reasoning{.text = std::string(thought)}});
  if (auto text = upstream_text(*message); !text.empty())
    turn.parts.push_back(Part::text(std::move(text)));
  if (const auto refusal = json::string_at(*message, "refusal"); !refusal.empty()) {
    turn.parts.push_back(Part{.body = model::Refusal{std::string(refusal)}});
  }
  if (const auto* calls = json::array_at(*message, "tool_calls")) {
    auto parts = parts_from_tool_calls(*calls, "/choices/0/message/tool_calls");
    if (!parts)
      return broken("the completion's tool calls cannot be read: " + parts.error().message);
    for (Part& part : *parts) turn.parts.push_back(std::move(part));
  }
  return turn;
}

/// Whether the content says the data, as it is or in words that are its copy.
bool says(std::string_view content, const model::Output& output, const json::value& data) {
  if (content.contains(json::write(data))) return true;
  const auto copies = [&](const auto& piece) {
    return std::ranges::any_of(
        piece.parts, [&](const Part& part) { return is_text(part) && is_copy(part, data); });
  };
  return std::ranges::any_of(output.turns, copies) || std::ranges::any_of(output.artifacts, copies);
}

/// Data beside text stays out of the content.
bool loses_data(const model::Output& output) {
  std::vector<const json::value*> all;
  const auto find = [&](const std::vector<Part>& parts) {
    for (const Part& part : parts) {
      if (const auto* data = std::get_if<model::Data>(&part.body)) all.push_back(&data->json);
    }
  };
  for (const auto& turn : output.turns) find(turn.parts);
  for (const auto& artifact : output.artifacts) find(artifact.parts);
  if (output.data) all.push_back(&*output.data);
  if (all.empty()) return false;
  const std::string content = content_text(output, false);
  return !std::ranges::all_of(
      all, [&](const json::value* data) { return says(content, output, *data); });
}

}  // namespace

std::string part_text(const Part& part) {
  if (const auto* text = std::get_if<model::Text>(&part.body)) return text->text;
  if (const auto* blob = std::get_if<model::Blob>(&part.body))
    return data_url(part.media_type, blob->bytes);
  if (const auto* link = std::get_if<model::Link>(&part.body)) return link->uri;
  if (const auto* data = std::get_if<model::Data>(&part.body)) return json::write(data->json);
  return {};
}

std::string rest_of_content(const model::Output& output, const TextTrail& trail) {
  std::string out;
  for (const auto& turn : output.turns) {
    if (!trail.spoke()) {
      append_parts(out, turn.parts);
      continue;
    }
    for (const Part& part : turn.parts) {
      if (!is_text(part) && !is_data(part)) append_line(out, part_text(part));
    }
    append_data(out, turn.parts);
  }
  for (const auto& artifact : output.artifacts) {
    if (trail.held(artifact.id))
      append_held(out, artifact.parts);
    else if (!trail.told(artifact.id))
      append_parts(out, artifact.parts);
  }
  return out;
}

std::vector<model::Loss> losses_of_answer(const model::Output& output, bool as_json) {
  std::vector<model::Loss> losses;
  const auto data = as_json ? model::plain_data(output) : std::nullopt;
  if (data) {
    note_beside(output, *data, losses);
    // These have fields of their own beside the content.
    std::erase_if(losses, [](const model::Loss& loss) {
      const bool own =
          loss.from == "reasoning" || loss.from == "refusal" || loss.from == "tool_call";
      return own && loss.path == "/turns";
    });
    return losses;
  }
  constexpr std::string_view kNote = "a message of chat has no place for it";
  LossNotes notes(losses);
  const auto lost = [&](bool there, std::string_view path, std::string_view what) {
    notes.dropped(there, path, what, kNote);
  };
  const Contents said = turns_of(output);
  const Contents made = artifacts_of(output);
  lost(loses_data(output), "/data", "data");
  lost(!output.artifacts.empty(), "/artifacts", "artifact");
  lost(said.link_facts || made.link_facts, "/turns", "link");
  lost(said.tool_results || made.tool_results, "/turns", "tool_result");
  lost(said.tensors || made.tensors || !output.tensors.empty(), "/tensors", "tensor");
  lost(made.reasoning || made.opaque, "/artifacts", "reasoning");
  lost(made.refusals, "/artifacts", "refusal");
  lost(made.tool_calls, "/artifacts", "tool_call");
  return losses;
}

std::string content_text(const model::Output& output, bool as_json) {
  if (as_json) {
    if (const auto data = model::plain_data(output)) return json::write(*data);
  }
  std::string out;
  for (const auto& turn : output.turns) append_parts(out, turn.parts);
  for (const auto& artifact : output.artifacts) append_parts(out, artifact.parts);
  if (out.empty() && output.data) return json::write(*output.data);
  return out;
}

model::Turn replayed_turn(std::string content, const model::Output& output) {
  model::Turn turn{.role = model::Role::assistant};
  if (!content.empty()) turn.parts.push_back(Part::text(std::move(content)));
  if (auto refusal = refusal_text(output); !refusal.empty())
    turn.parts.push_back(Part{.body = model::Refusal{std::move(refusal)}});
  for (const auto& said : output.turns) {
    for (const Part& part : said.parts) {
      if (const auto* call = std::get_if<model::ToolCall>(&part.body))
        turn.parts.push_back(Part{.body = *call});
    }
  }
  return turn;
}

std::string_view finish_word(const model::Output& output) {
  switch (output.finish) {
    case model::Finish::stop:
    case model::Finish::paused: return "stop";
    case model::Finish::length: return "length";
    case model::Finish::tool_calls: return "tool_calls";
    case model::Finish::filtered: return "content_filter";
    case model::Finish::refused: return refusal_text(output).empty() ? "content_filter" : "stop";
  }
  return "stop";
}

model::Finish finish_from(std::string_view word) {
  if (word == "length") return model::Finish::length;
  if (word == "tool_calls" || word == "function_call") return model::Finish::tool_calls;
  if (word == "content_filter") return model::Finish::filtered;
  return model::Finish::stop;
}

json::object usage_json(const model::Usage& usage) {
  return {{"prompt_tokens", usage.input},
          {"completion_tokens", usage.output},
          {"total_tokens", usage.input + usage.output},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached}}},
          {"completion_tokens_details", {{"reasoning_tokens", usage.reasoning}}}};
}

std::optional<model::Usage> read_usage(const json::object& o) {
  const auto* u = json::object_at(o, "usage");
  if (!u) return std::nullopt;
  model::Usage usage;
  usage.input = json::int_at(*u, "prompt_tokens").value_or(0);
  usage.output = json::int_at(*u, "completion_tokens").value_or(0);
  if (const auto* more = json::object_at(*u, "prompt_tokens_details")) {
    usage.cached = json::int_at(*more, "cached_tokens").value_or(0);
  }
  if (const auto* more = json::object_at(*u, "completion_tokens_details")) {
    usage.reasoning = json::int_at(*more, "reasoning_tokens").value_or(0);
  }
  return usage;
}

json::object encode_completion(const model::Output& output, const CompletionHead& head,
                               bool as_json) {
  json::object message;
  message.reserve(5);
  message["role"] = "assistant";
  const auto text = content_text(output, as_json);
  auto calls = tool_calls_json(output);
  const auto refusal = refusal_text(output);
  const bool silent = text.empty() && (!calls.empty() || !refusal.empty());
  message["content"] = silent ? json::value(nullptr) : json::value(text);
  message["refusal"] = refusal.empty() ? json::value(nullptr) : json::value(refusal);
  if (const auto thought = reasoning_text(output); !thought.empty())
    message["reasoning_content"] = thought;
  if (!calls.empty()) message["tool_calls"] = std::move(calls);
  json::object choice{{"index", 0},
                      {"message", std::move(message)},
                      {"logprobs", nullptr},
                      {"finish_reason", finish_word(output)}};
  json::object o{{"id", head.id},
                 {"object", "chat.completion"},
                 {"created", head.created_s},
                 {"model", head.model},
                 {"choices", json::array{std::move(choice)}}};
  if (output.usage) o["usage"] = usage_json(*output.usage);
  return o;
}

Result<model::Output> decode_completion(std::string_view body) {
  auto parsed = json::parse(body);
  if (!parsed) return broken("the completion cannot be read: " + parsed.error().message);
  const auto* o = parsed->if_object();
  if (const auto* error = error_object(*parsed)) return fail(error_from_json(*error, 0));
  const auto* choices = o ? json::array_at(*o, "choices") : nullptr;
  if (!choices || choices->empty()) return broken("the completion has no choices");
  const auto* choice = choices->front().if_object();
  if (!choice) return broken("the completion's choice is no object");
  model::Output output;
  WEFT_TRY(auto turn, turn_from_choice(*choice));
  if (!turn.parts.empty()) output.turns.push_back(std::move(turn));
  output.finish = finish_from(json::string_at(*choice, "finish_reason"));
  output.usage = read_usage(*o);
  output.model = json::string_at(*o, "model");
  return output;
}

}  // namespace weft::adapters::openai
