#include "weft/adapters/openai/chunk.h"

#include <boost/json/serialize.hpp>

#include <format>

#include "weft/adapters/openai/errors.h"
#include "weft/adapters/openai/limits.h"
#include "weft/adapters/openai/messages.h"

namespace weft::adapters::openai {
namespace {

using model::Delta;
using model::Part;

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text));
}

std::unexpected<Error> broken(std::string message) {
  return weft::fail(Reason::upstream_protocol, std::move(message));
}

}  // namespace

// ---- writing

ChunkWriter::ChunkWriter(const CompletionHead& head, bool include_usage, bool hold_text)
    : prefix_(std::format(
          "data: {{\"id\":{},\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":{},",
          json_text(head.id), head.created_s, json_text(head.model))),
      include_usage_(include_usage),
      hold_text_(hold_text) {}

void ChunkWriter::chunk(std::string_view delta, std::string_view finish, std::string& out) {
  out += prefix_;
  out += "\"choices\":[{\"index\":0,\"delta\":{";
  if (!began_) {
    began_ = true;
    out += "\"role\":\"assistant\"";
    if (!delta.empty()) out += ',';
  }
  out += delta;
  out += "},\"logprobs\":null,\"finish_reason\":";
  if (finish.empty()) {
    out += "null";
  } else {
    out += '"';
    out += finish;
    out += '"';
  }
  out += include_usage_ ? "}],\"usage\":null}\n\n" : "}]}\n\n";
}

void ChunkWriter::field(std::string_view name, std::string_view text, std::string& out) {
  chunk(std::format("\"{}\":{}", name, json_text(text)), "", out);
}

void ChunkWriter::tool_call(const Delta& delta, std::string& out) {
  tool_calls_ = std::max(tool_calls_, delta.tool_index + 1);
  std::string call = std::format("\"tool_calls\":[{{\"index\":{},", delta.tool_index);
  if (!delta.tool_name.empty()) {
    call += std::format("\"id\":{},\"type\":\"function\",\"function\":{{\"name\":{},",
                        json_text(delta.tool_id), json_text(delta.tool_name));
  } else {
    call += "\"function\":{";
  }
  call += std::format("\"arguments\":{}}}}}]", json_text(delta.text));
  chunk(call, "", out);
}

void ChunkWriter::add(const model::Event& event, std::string& out) {
  if (!hold_text_) {
    const std::string piece = trail_.add(event);
    if (!piece.empty()) field("content", piece, out);
  }
  const auto* delta = std::get_if<Delta>(&event.body);
  if (!delta) return;
  switch (delta->kind) {
    case Delta::Kind::text: break;
    case Delta::Kind::reasoning:
      reasoned_ = true;
      field("reasoning_content", delta->text, out);
      break;
    case Delta::Kind::refusal:
      refused_ = true;
      field("refusal", delta->text, out);
      break;
    case Delta::Kind::tool_call: tool_call(*delta, out); break;
  }
}

void ChunkWriter::rest_of_tool_calls(const model::Output& whole, std::string& out) {
  int index = 0;
  for (const auto& turn : whole.turns) {
    for (const Part& part : turn.parts) {
      const auto* call = std::get_if<model::ToolCall>(&part.body);
      if (!call) continue;
      if (index >= tool_calls_) {
        Delta delta{.kind = Delta::Kind::tool_call, .text = call->arguments_text};
        delta.tool_index = index;
        delta.tool_id = call->id;
        delta.tool_name = call->name;
        tool_call(delta, out);
      }
      ++index;
    }
  }
}

void ChunkWriter::rest_of_content(const model::Output& whole, std::string& out) {
  const std::string all = content_text(whole, hold_text_);
  const std::string& said = trail_.said();
  if (all.starts_with(said)) {
    rest_ = all.substr(said.size());
  } else {
    // What was told keeps its place; the rest follows.
    rest_ = openai::rest_of_content(whole, trail_);
    if (!rest_.empty()) rest_.insert(0, 1, '\n');
  }
  if (!rest_.empty()) field("content", rest_, out);
}

bool ChunkWriter::end(const model::Output& whole, std::string& out) {
  for (const auto& turn : whole.turns) {
    for (const Part& part : turn.parts) {
      const auto* thought = std::get_if<model::Reasoning>(&part.body);
      if (thought && !reasoned_ && !thought->text.empty())
        field("reasoning_content", thought->text, out);
      const auto* refusal = std::get_if<model::Refusal>(&part.body);
      if (refusal && !refused_) field("refusal", refusal->text, out);
    }
  }
  rest_of_content(whole, out);
  rest_of_tool_calls(whole, out);
  last(whole, out);
  return !trail_.interleaved();
}

void ChunkWriter::ask(const model::Turn& question, std::string& out) {
  model::Output whole;
  whole.turns.push_back(question);
  for (const Part& part : question.parts) {
    if (std::holds_alternative<model::ToolCall>(part.body))
      whole.finish = model::Finish::tool_calls;
  }
  const std::string text = content_text(whole, false);
  if (!text.empty()) field("content", trail_.said().empty() ? text : "\n" + text, out);
  tool_calls_ = 0;
  rest_of_tool_calls(whole, out);
  last(whole, out);
}

void ChunkWriter::last(const model::Output& whole, std::string& out) {
  chunk("", finish_word(whole), out);
  if (include_usage_) {
    out += prefix_;
    out += "\"choices\":[],\"usage\":";
    out += whole.usage ? json::write(usage_json(*whole.usage)) : "null";
    out += "}\n\n";
  }
  out += "data: [DONE]\n\n";
}

void ChunkWriter::fail(const Error& error, std::string& out) {
  out += "data: ";
  out += json::write(error_json(error));
  out += "\n\n";
}

// ---- reading

Result<void> ChunkReader::read_tool_calls(const json::array& calls,
                                          std::vector<model::Event>& events) {
  for (const auto& item : calls) {
    const auto* call = item.if_object();
    if (!call) return broken("a chunk's tool call is no object");
    const auto at = json::int_at(*call, "index").value_or(0);
    if (at < 0 || at >= static_cast<std::int64_t>(kToolCallsMax)) {
      return broken(std::format("a chunk's tool call has the index {}", at));
    }
    const auto index = static_cast<std::size_t>(at);
    if (tools_seen_.size() <= index) tools_seen_.resize(index + 1);
    Delta delta{.kind = Delta::Kind::tool_call};
    delta.tool_index = static_cast<int>(index);
    const auto* function = json::object_at(*call, "function");
    if (function) delta.text = json::string_at(*function, "arguments");
    if (!tools_seen_[index]) {
      delta.tool_id = json::string_at(*call, "id");
      if (function) delta.tool_name = json::string_at(*function, "name");
      tools_seen_[index] = !delta.tool_name.empty();
    }
    events.push_back({std::move(delta)});
  }
  return {};
}

void ChunkReader::read_delta(const json::object& delta, std::vector<model::Event>& events) {
  const auto take = [&](std::string_view key, Delta::Kind kind) {
    const auto text = json::string_at(delta, key);
    if (!text.empty()) events.push_back({Delta{.kind = kind, .text = std::string(text)}});
    return !text.empty();
  };
  if (!take("reasoning_content", Delta::Kind::reasoning)) take("reasoning", Delta::Kind::reasoning);
  take("content", Delta::Kind::text);
  take("refusal", Delta::Kind::refusal);
}

Result<std::vector<model::Event>> ChunkReader::read(std::string_view data) {
  std::vector<model::Event> events;
  if (data == "[DONE]") {
    done_ = true;
    return events;
  }
  auto parsed = json::parse(data, kStreamEventBytesMax);
  if (!parsed) return broken("a chunk of the stream cannot be read: " + parsed.error().message);
  if (const auto* error = error_object(*parsed)) return weft::fail(error_from_json(*error, 0));
  const auto* o = parsed->if_object();
  if (!o) return broken("a chunk of the stream is no object");
  if (const auto model = json::string_at(*o, "model"); !model.empty()) output_.model = model;
  if (auto usage = read_usage(*o)) {
    output_.usage = *usage;
    events.push_back({*usage});
  }
  const auto* choices = json::array_at(*o, "choices");
  if (!choices || choices->empty()) return events;
  const auto* choice = choices->front().if_object();
  if (!choice) return broken("a chunk's choice is no object");
  if (json::int_at(*choice, "index").value_or(0) != 0) return events;
  if (const auto* delta = json::object_at(*choice, "delta")) {
    read_delta(*delta, events);
    if (const auto* calls = json::array_at(*delta, "tool_calls"))
      WEFT_CHECK(read_tool_calls(*calls, events));
  }
  if (const auto word = json::string_at(*choice, "finish_reason"); !word.empty()) {
    finished_ = true;
    output_.finish = finish_from(word);
  }
  return events;
}

model::Output ChunkReader::take() { return std::move(output_); }

}  // namespace weft::adapters::openai
