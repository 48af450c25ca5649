#include "weft/adapters/openapi/rest_reader.h"

#include <format>

#include "weft/adapters/openapi/rest_codec.h"
#include "weft/wire/base64.h"

namespace weft::adapters::openapi {
namespace {

using model::Part;

constexpr std::string_view kErrorType = "urn:weft:error:";

std::unexpected<Error> broken(std::string_view path, std::string_view what) {
  return fail(Reason::upstream_protocol, std::format("the answer's {}: {}", path, what));
}

std::string text_at(const json::object& o, std::string_view key) {
  return std::string(json::string_at(o, key));
}

Result<Part> read_part(const json::value& v, std::string_view path) {
  const auto* o = v.if_object();
  if (!o) return broken(path, "a part is no object");
  Part part{.media_type = text_at(*o, "media_type")};
  if (const auto* text = json::find(*o, "text"); text && text->is_string()) {
    part.body = model::Text{std::string(text->get_string())};
  } else if (const auto* data = json::find(*o, "data")) {
    part.body = model::Data{*data};
  } else if (const auto* base64 = json::find(*o, "base64"); base64 && base64->is_string()) {
    auto bytes = wire::base64_decode(std::string_view(base64->get_string()));
    if (!bytes) return broken(path, "`base64` cannot be read");
    part.body = model::Blob{*std::move(bytes), text_at(*o, "filename")};
  } else if (o->contains("uri")) {
    part.body = model::Link{text_at(*o, "uri"), text_at(*o, "name"), std::nullopt};
  } else {
    return broken(path, "a part is none of text, data, base64 and uri");
  }
  return part;
}

Result<std::vector<Part>> read_parts(const json::object& o, std::string_view path) {
  std::vector<Part> parts;
  const auto* list = json::array_at(o, "parts");
  if (!list) return parts;
  for (const auto& item : *list) {
    WEFT_TRY(Part part, read_part(item, path));
    parts.push_back(std::move(part));
  }
  return parts;
}

Result<model::Artifact> read_artifact(const json::object& o) {
  model::Artifact artifact{
      .id = text_at(o, "id"), .name = text_at(o, "name"), .description = text_at(o, "description")};
  WEFT_TRY(artifact.parts, read_parts(o, "artifacts"));
  artifact.append = json::bool_at(o, "append").value_or(false);
  return artifact;
}

void read_tool_calls(const json::object& o, model::Turn& turn) {
  const auto* calls = json::array_at(o, "tool_calls");
  if (!calls) return;
  for (const auto& item : *calls) {
    const auto* call = item.if_object();
    if (!call) continue;
    turn.parts.push_back(Part{.body = model::ToolCall{text_at(*call, "id"), text_at(*call, "name"),
                                                      text_at(*call, "arguments")}});
  }
}

std::optional<model::Usage> read_usage(const json::object& o) {
  const auto* said = json::object_at(o, "usage");
  if (!said) return std::nullopt;
  return model::Usage{.input = json::int_at(*said, "input").value_or(0),
                      .output = json::int_at(*said, "output").value_or(0),
                      .cached = json::int_at(*said, "cached").value_or(0),
                      .reasoning = json::int_at(*said, "reasoning").value_or(0)};
}

model::Finish read_finish(std::string_view word) {
  using model::Finish;
  for (const Finish finish :
       {Finish::length, Finish::tool_calls, Finish::filtered, Finish::refused, Finish::paused}) {
    if (model::to_string(finish) == word) return finish;
  }
  return Finish::stop;
}

Result<model::Output> read_parts_form(const json::value& body) {
  const auto* o = body.if_object();
  if (!o) return broken("body", "an object is expected");
  model::Output output;
  // The text beside artifacts is theirs, told once more.
  const auto* artifacts = json::array_at(*o, "artifacts");
  if (artifacts) {
    for (const auto& item : *artifacts) {
      if (!item.is_object()) return broken("artifacts", "an artifact is no object");
      WEFT_TRY(auto artifact, read_artifact(item.get_object()));
      output.artifacts.push_back(std::move(artifact));
    }
  }
  model::Turn turn{.role = model::Role::assistant};
  const std::string text = text_at(*o, "text");
  if (!text.empty() && text != model::plain_text(output)) turn.parts.push_back(Part::text(text));
  WEFT_TRY(auto parts, read_parts(*o, "parts"));
  for (Part& part : parts) turn.parts.push_back(std::move(part));
  read_tool_calls(*o, turn);
  if (!turn.parts.empty()) output.turns.push_back(std::move(turn));
  if (const auto* data = json::find(*o, "data")) output.data = *data;
  output.finish = read_finish(json::string_at(*o, "finish"));
  output.usage = read_usage(*o);
  output.model = text_at(*o, "model");
  return output;
}

model::Delta read_delta(const json::object& data) {
  using Kind = model::Delta::Kind;
  model::Delta delta{.text = text_at(data, "text")};
  const auto kind = json::string_at(data, "kind");
  if (kind == "reasoning") delta.kind = Kind::reasoning;
  if (kind == "refusal") delta.kind = Kind::refusal;
  if (kind == "tool_call") {
    delta.kind = Kind::tool_call;
    delta.tool_index = static_cast<int>(
        std::clamp<std::int64_t>(json::int_at(data, "index").value_or(0), 0, 1'000));
    delta.tool_id = text_at(data, "id");
    delta.tool_name = text_at(data, "name");
  }
  return delta;
}

model::State read_state(const json::object& data) {
  model::State state;
  // Only the end ends: a state on the way is none of the last ones.
  const auto told = model::task_state_from(json::string_at(data, "state"));
  if (told && !model::terminal(*told)) state.state = *told;
  if (const auto note = json::string_at(data, "note"); !note.empty())
    state.note.push_back(Part::text(std::string(note)));
  if (const auto* progress = json::object_at(data, "progress")) {
    state.progress = model::Progress{.done = json::number_at(*progress, "done").value_or(0),
                                     .total = json::number_at(*progress, "total"),
                                     .text = text_at(*progress, "text")};
  }
  return state;
}

Error question_error(const json::object& data) {
  std::string words;
  const auto* question = json::object_at(data, "question");
  const auto* asks = question ? json::object_at(*question, "asks") : nullptr;
  if (asks) {
    for (const auto& [key, item] : *asks) {
      const auto* o = item.if_object();
      if (o) words += (words.empty() ? "" : "\n") + text_at(*o, "message");
    }
  }
  return make_error(Reason::solution_failed,
                    std::format("the skill asks back, which REST cannot carry: {}", words));
}

model::Event read_end(const json::object& data) {
  const auto* result = json::find(data, "result");
  if (!result) {
    return model::end_with(
        make_error(Reason::upstream_protocol, "the stream's `done` has no `result`"));
  }
  auto output = read_output(*result, json::string_at(data, "form"));
  return output ? model::end_with(*std::move(output)) : model::end_with(output.error());
}

}  // namespace

Result<model::Output> read_output(const json::value& body, std::string_view form) {
  if (form == "parts") return read_parts_form(body);
  model::Output output;
  output.data = body;
  return output;
}

std::optional<Error> read_problem(const json::object& problem) {
  if (!json::string_at(problem, "type").starts_with(kErrorType)) return std::nullopt;
  const auto reason = reason_from(json::string_at(problem, "reason"));
  if (!reason || *reason == Reason::none) return std::nullopt;
  Error error = make_error(*reason, text_at(problem, "detail"));
  error.param = text_at(problem, "param");
  return error;
}

Result<std::optional<model::Event>> read_event(std::string_view name, const json::object& data) {
  using Read = Result<std::optional<model::Event>>;
  if (name == "delta") return Read(model::Event{read_delta(data)});
  if (name == "status") return Read(model::Event{read_state(data)});
  if (name == "done") return Read(read_end(data));
  if (name == "ask") return Read(model::end_with(question_error(data)));
  if (name == "artifact") {
    WEFT_TRY(auto artifact, read_artifact(data));
    return Read(model::Event{std::move(artifact)});
  }
  if (name != "error") return Read(std::nullopt);
  const auto error = read_problem(data);
  return Read(model::end_with(
      error ? *error : make_error(Reason::solution_failed, text_at(data, "detail"))));
}

}  // namespace weft::adapters::openapi
