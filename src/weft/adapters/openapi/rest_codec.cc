#include "weft/adapters/openapi/rest_codec.h"

#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/base/clock.h"
#include "weft/base/url.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openapi {
namespace {

using model::Part;

json::array parts_json(const std::vector<Part>& parts);

json::object tool_call_json(const model::ToolCall& call) {
  return {{"id", call.id}, {"name", call.name}, {"arguments", call.arguments_text}};
}

json::object tensor_json(const model::Tensor& tensor) {
  json::object o{{"name", tensor.name}, {"datatype", tensor.datatype}};
  o["shape"] = json::array(tensor.shape.begin(), tensor.shape.end());
  if (!tensor.bytes.empty()) o["base64"] = wire::base64_encode(tensor.bytes);
  if (tensor.elements.empty()) return o;
  json::array elements;
  for (const std::string& element : tensor.elements)
    elements.emplace_back(wire::base64_encode(element));
  o["elements"] = std::move(elements);
  return o;
}

/// Each kind of content under its own member, so that nothing is lost.
struct BodyJson {
  json::object operator()(const model::Text& text) const { return {{"text", text.text}}; }
  json::object operator()(const model::Data& data) const { return {{"data", data.json}}; }
  json::object operator()(const model::Blob& blob) const {
    json::object o{{"base64", wire::base64_encode(blob.bytes)}};
    if (!blob.filename.empty()) o["filename"] = blob.filename;
    return o;
  }
  json::object operator()(const model::Link& link) const {
    json::object o{{"uri", link.uri}};
    if (!link.name.empty()) o["name"] = link.name;
    if (link.size) o["size"] = *link.size;
    return o;
  }
  json::object operator()(const model::Tensor& tensor) const {
    return {{"tensor", tensor_json(tensor)}};
  }
  json::object operator()(const model::ToolCall& call) const {
    return {{"tool_call", tool_call_json(call)}};
  }
  json::object operator()(const model::ToolResult& result) const {
    json::object o{{"call_id", result.call_id}, {"parts", parts_json(result.parts)}};
    if (result.is_error) o["is_error"] = true;
    return {{"tool_result", std::move(o)}};
  }
  json::object operator()(const model::Reasoning& thought) const {
    json::object o{{"reasoning", thought.text}};
    if (!thought.opaque.empty()) o["opaque"] = thought.opaque;
    return o;
  }
  json::object operator()(const model::Refusal& refusal) const {
    return {{"refusal", refusal.text}};
  }
};

json::object part_json(const Part& part) {
  json::object o = std::visit(BodyJson(), part.body);
  if (!part.media_type.empty()) o["media_type"] = part.media_type;
  return o;
}

json::array parts_json(const std::vector<Part>& parts) {
  json::array out;
  for (const Part& part : parts) out.push_back(part_json(part));
  return out;
}

json::object artifact_json(const model::Artifact& artifact) {
  json::object o{{"id", artifact.id}};
  if (!artifact.name.empty()) o["name"] = artifact.name;
  if (!artifact.description.empty()) o["description"] = artifact.description;
  o["parts"] = parts_json(artifact.parts);
  if (artifact.append) o["append"] = true;
  return o;
}

json::object usage_json(const model::Usage& usage) {
  return {{"input", usage.input},
          {"output", usage.output},
          {"cached", usage.cached},
          {"reasoning", usage.reasoning}};
}

/// Whether a text alone says what the turns say: one bare text, or nothing.
bool is_bare_text(const model::Output& output) {
  if (output.turns.empty()) return true;
  if (output.turns.size() > 1 || output.turns[0].parts.size() > 1) return false;
  const auto& parts = output.turns[0].parts;
  return parts.empty() ||
         (std::holds_alternative<model::Text>(parts[0].body) && parts[0].media_type.empty());
}

json::array turns_json(const model::Output& output) {
  json::array parts;
  for (const auto& turn : output.turns) {
    for (const Part& part : turn.parts) {
      // These have a member of their own.
      if (!std::holds_alternative<model::ToolCall>(part.body)) parts.push_back(part_json(part));
    }
  }
  return parts;
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

/// How the answer ended, what it took and who made it.
void add_facts(json::object& o, const model::Output& output) {
  if (output.finish != model::Finish::stop) o["finish"] = model::to_string(output.finish);
  if (output.usage) o["usage"] = usage_json(*output.usage);
  if (!output.model.empty()) o["model"] = output.model;
}

json::object loose_json(const model::Output& output) {
  json::object o{{"text", model::plain_text(output)}};
  if (output.data) o["data"] = *output.data;
  // Beside artifacts the text is theirs too: only the parts say which of it is the answer's own.
  const bool plain = is_bare_text(output) && output.artifacts.empty();
  json::array parts = plain ? json::array() : turns_json(output);
  if (!parts.empty()) o["parts"] = std::move(parts);
  json::array artifacts;
  for (const auto& artifact : output.artifacts) artifacts.push_back(artifact_json(artifact));
  if (!artifacts.empty()) o["artifacts"] = std::move(artifacts);
  if (auto calls = tool_calls_json(output); !calls.empty()) o["tool_calls"] = std::move(calls);
  if (!output.tensors.empty()) {
    json::array tensors;
    for (const auto& tensor : output.tensors) tensors.push_back(tensor_json(tensor));
    o["tensors"] = std::move(tensors);
  }
  add_facts(o, output);
  return o;
}

std::string title_of(const Error& error) {
  std::string title(to_string(error.reason));
  std::ranges::replace(title, '_', ' ');
  if (!title.empty())
    title[0] = static_cast<char>(title[0] - (title[0] >= 'a' && title[0] <= 'z' ? 32 : 0));
  return title;
}

RestEvent delta_event(const model::Delta& delta) {
  static constexpr std::array<std::string_view, 4> kKinds{"text", "reasoning", "refusal",
                                                          "tool_call"};
  json::object data{{"kind", kKinds[static_cast<std::size_t>(delta.kind)]}, {"text", delta.text}};
  if (delta.kind == model::Delta::Kind::tool_call) {
    data["index"] = delta.tool_index;
    if (!delta.tool_id.empty()) data["id"] = delta.tool_id;
    if (!delta.tool_name.empty()) data["name"] = delta.tool_name;
  }
  return {"delta", std::move(data)};
}

RestEvent state_event(const model::State& state) {
  json::object data{{"state", model::to_string(state.state)}};
  if (!state.note.empty()) data["note"] = model::joined_text(state.note, true);
  if (state.progress) {
    json::object progress{{"done", state.progress->done}};
    if (state.progress->total) progress["total"] = *state.progress->total;
    if (!state.progress->text.empty()) progress["text"] = state.progress->text;
    data["progress"] = std::move(progress);
  }
  return {"status", std::move(data)};
}

Result<model::AnswerAction> action_from(std::string_view word) {
  if (word == "accept") return model::AnswerAction::accept;
  if (word == "decline") return model::AnswerAction::decline;
  if (word == "cancel") return model::AnswerAction::cancel;
  return fail(make_argument_error(
      "/action", std::format("/action: `{}` is not accept, decline or cancel", word)));
}

bool has_property(const model::Ask::Item& item, std::string_view name) {
  const auto* schema = item.schema ? item.schema->if_object() : nullptr;
  const auto* properties = schema ? json::object_at(*schema, "properties") : nullptr;
  return properties && properties->contains(name);
}

/// One question's answer, in words of its own or as bare data.
Result<model::Answer> answer_from(const model::Ask::Item& item, const json::value& body) {
  model::Answer answer;
  const bool consent = item.kind == model::Ask::Kind::approve ||
                       item.kind == model::Ask::Kind::url || item.kind == model::Ask::Kind::login;
  if (body.is_bool() && consent) {
    answer.action = body.get_bool() ? model::AnswerAction::accept : model::AnswerAction::decline;
    return answer;
  }
  const auto* o = body.if_object();
  const auto word = o ? json::string_at(*o, "action") : std::string_view();
  if (!word.empty() && !has_property(item, "action")) {
    WEFT_TRY(answer.action, action_from(word));
    if (const auto* data = json::find(*o, "data")) answer.data = *data;
    answer.text = json::string_at(*o, "text");
    return answer;
  }
  if (consent)
    return fail(make_argument_error("/action", "/action: accept, decline or cancel is needed"));
  if (body.is_string()) {
    answer.text = body.get_string();
    return answer;
  }
  if (item.kind == model::Ask::Kind::question && o) {
    answer.text = json::string_at(*o, "text");
    if (answer.text.empty()) answer.text = json::string_at(*o, "message");
    if (!answer.text.empty()) return answer;
  }
  answer.data = body;
  return answer;
}

}  // namespace

json::object problem_json(const Error& error, int status) {
  json::object o{{"type", std::format("urn:weft:error:{}", to_string(error.reason))},
                 {"title", title_of(error)}};
  if (status > 0) o["status"] = status;
  o["detail"] = error.message;
  o["reason"] = to_string(error.reason);
  if (!error.param.empty()) o["param"] = error.param;
  if (!error.solution.empty()) o["solution"] = error.solution;
  if (error.upstream_status > 0) o["upstream_status"] = error.upstream_status;
  return o;
}

std::string_view form_of(const model::Output& output, model::Shape shape) {
  return shape != model::Shape::converse && model::plain_data(output) ? "data" : "parts";
}

json::value encode_output(const model::Output& output, model::Shape shape,
                          std::vector<model::Loss>& losses) {
  if (form_of(output, shape) == "parts") return loose_json(output);
  json::value data = model::plain_data(output).value();
  note_beside(output, data, losses);
  return data;
}

void note_facts(const model::Output& output, model::Shape shape, std::vector<model::Loss>& losses) {
  if (form_of(output, shape) == "parts") return;
  constexpr std::string_view kNote = "a structured result stands alone";
  LossNotes notes(losses);
  notes.dropped(output.finish != model::Finish::stop, "/finish", "finish", kNote);
  notes.dropped(!output.model.empty(), "/model", "model", kNote);
}

std::string usage_header(const model::Usage& usage) {
  std::string out = std::format("input={}, output={}", usage.input, usage.output);
  if (usage.cached != 0) out += std::format(", cached={}", usage.cached);
  if (usage.reasoning != 0) out += std::format(", reasoning={}", usage.reasoning);
  return out;
}

RestEvent encode_end(const model::End& end, const model::Output& rest, model::Shape shape) {
  if (!end.outcome) return {"error", problem_json(end.outcome.error(), 0)};
  std::vector<model::Loss> losses = end.losses;
  json::object data;
  if (form_of(*end.outcome, shape) == "parts") {
    data = {{"result", loose_json(*end.outcome)}, {"form", "parts"}};
  } else {
    json::value result = model::plain_data(*end.outcome).value();
    note_beside(rest, result, losses);
    data = {{"result", std::move(result)}, {"form", "data"}};
    add_facts(data, *end.outcome);
  }
  if (!losses.empty()) data["losses"] = model::to_json(losses);
  return {"done", std::move(data)};
}

json::object answer_schema() {
  const json::object part{{"type", "object"},
                          {"description",
                           "One of text, data, base64, uri, tensor, tool_call, tool_result, "
                           "reasoning or refusal, with its media_type."},
                          {"properties",
                           {{"text", {{"type", "string"}}},
                            {"data", json::object()},
                            {"base64", {{"type", "string"}, {"contentEncoding", "base64"}}},
                            {"uri", {{"type", "string"}}},
                            {"filename", {{"type", "string"}}},
                            {"media_type", {{"type", "string"}}}}}};
  const json::object parts{{"type", "array"}, {"items", part}};
  return {
      {"type", "object"},
      {kAnswerMark, true},
      {"description", "What a skill without a schema of its own answers."},
      {"required", json::array{"text"}},
      {"properties",
       {{"text", {{"type", "string"}}},
        {"data", json::object()},
        {"parts", parts},
        {"artifacts",
         {{"type", "array"},
          {"items",
           {{"type", "object"},
            {"properties",
             {{"id", {{"type", "string"}}}, {"name", {{"type", "string"}}}, {"parts", parts}}}}}}},
        {"finish", {{"type", "string"}}},
        {"model", {{"type", "string"}}},
        {"usage", {{"type", "object"}}}}}};
}

json::object question_json(const model::Ask& ask) {
  json::object asks;
  for (const auto& [key, item] : ask.items) {
    json::object o{{"kind", model::to_string(item.kind)}, {"message", item.message}};
    if (item.schema) o["schema"] = *item.schema;
    if (!item.url.empty()) o["url"] = item.url;
    asks[key] = std::move(o);
  }
  return {{"asks", std::move(asks)}};
}

std::string job_path(const TaskId& id) { return "/api/jobs/" + percent_encode(id.str()); }

json::object job_json(const hub::TaskView& view, model::Shape shape) {
  json::object o{{"id", view.id.str()},
                 {"state", model::to_string(view.state)},
                 {"solution", view.solution.str()},
                 {"skill", view.skill.str()},
                 {"created", to_rfc3339(view.created_ms)},
                 {"updated", to_rfc3339(view.updated_ms)},
                 {"job", job_path(view.id)}};
  if (!view.note.empty()) o["note"] = model::joined_text(view.note, true);
  if (view.ask) {
    o["question"] = question_json(*view.ask);
    o["input"] = job_path(view.id) + "/input";
  }
  if (!view.end) return o;
  if (view.end->outcome) {
    std::vector<model::Loss> losses = view.end->losses;
    o["result"] = encode_output(*view.end->outcome, shape, losses);
    if (form_of(*view.end->outcome, shape) == "data") add_facts(o, *view.end->outcome);
    if (!losses.empty()) o["losses"] = model::to_json(losses);
  } else {
    o["error"] = problem_json(view.end->outcome.error(), 0);
  }
  return o;
}

RestEvent encode_event(const model::Event& event, model::Shape shape, const TaskId& job) {
  if (const auto* delta = std::get_if<model::Delta>(&event.body)) return delta_event(*delta);
  if (const auto* state = std::get_if<model::State>(&event.body)) return state_event(*state);
  if (const auto* artifact = std::get_if<model::Artifact>(&event.body))
    return {"artifact", artifact_json(*artifact)};
  if (const auto* ask = std::get_if<model::Ask>(&event.body)) {
    json::object data{{"question", question_json(*ask)}};
    if (!job.empty()) {
      data["job"] = job_path(job);
      data["input"] = job_path(job) + "/input";
    }
    return {"ask", std::move(data)};
  }
  if (const auto* usage = std::get_if<model::Usage>(&event.body))
    return {"usage", usage_json(*usage)};
  if (const auto* end = std::get_if<model::End>(&event.body))
    return encode_end(*end, end->outcome.value_or(model::Output()), shape);
  return {};
}

Result<model::Answers> decode_input(const model::Ask& ask, const json::value& body) {
  model::Answers answers;
  const auto* o = body.if_object();
  const auto* named = o ? json::object_at(*o, "answers") : nullptr;
  if (!named && ask.items.size() == 1) {
    const auto& [key, item] = *ask.items.begin();
    WEFT_TRY(answers[key], answer_from(item, body));
    return answers;
  }
  if (!named) {
    return fail(make_argument_error(
        "/answers", "/answers: an object with one member for each question is needed"));
  }
  for (const auto& [key, value] : *named) {
    const auto found = ask.items.find(key);
    if (found == ask.items.end()) {
      return fail(
          make_argument_error("/answers/" + json::escape_pointer(key),
                              std::format("/answers/{}: no such question", std::string_view(key))));
    }
    WEFT_TRY(answers[found->first], answer_from(found->second, value));
  }
  return answers;
}

}  // namespace weft::adapters::openapi
