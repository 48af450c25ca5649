#include "weft/adapters/openapi/rest_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <ranges>

#include "weft/adapters/common/losses.h"
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

std::int64_t count_at(const json::object& o, std::string_view key) {
  return json::int_at(o, key).value_or(0);
}

Result<std::vector<Part>> read_parts(const json::object& o, std::string_view path);

Result<std::string> read_base64(const json::value& v, std::string_view path) {
  if (!v.is_string()) return broken(path, "`base64` is no string");
  auto bytes = wire::base64_decode(std::string_view(v.get_string()));
  if (!bytes) return broken(path, "`base64` cannot be read");
  return *std::move(bytes);
}

Result<model::Tensor> read_tensor(const json::value& v, std::string_view path) {
  const auto* o = v.if_object();
  if (!o) return broken(path, "a tensor is no object");
  model::Tensor tensor{
      .name = text_at(*o, "name"), .datatype = text_at(*o, "datatype"), .shape = {}, .bytes = {}};
  if (const auto* shape = json::array_at(*o, "shape")) {
    for (const auto& extent : *shape) {
      const auto* size = extent.if_int64();
      if (!size) return broken(path, "a tensor's shape holds something else than whole numbers");
      tensor.shape.push_back(*size);
    }
  }
  if (const auto* bytes = json::find(*o, "base64")) {
    WEFT_TRY(tensor.bytes, read_base64(*bytes, path));
  }
  if (const auto* elements = json::array_at(*o, "elements")) {
    for (const auto& element : *elements) {
      WEFT_TRY(std::string bytes, read_base64(element, path));
      tensor.elements.push_back(std::move(bytes));
    }
  }
  return tensor;
}

model::ToolCall read_tool_call(const json::object& o) {
  return {text_at(o, "id"), text_at(o, "name"), text_at(o, "arguments")};
}

Result<model::ToolResult> read_tool_result(const json::object& o, std::string_view path) {
  model::ToolResult result{.call_id = text_at(o, "call_id")};
  WEFT_TRY(result.parts, read_parts(o, path));
  result.is_error = json::bool_at(o, "is_error").value_or(false);
  return result;
}

model::Link read_link(const json::object& o) {
  model::Link link{text_at(o, "uri"), text_at(o, "name"), std::nullopt};
  const auto size = json::int_at(o, "size");
  if (size && *size >= 0) link.size = static_cast<std::uint64_t>(*size);
  return link;
}

/// The body of a part, by the one member that names its kind.
Result<decltype(Part::body)> read_body(const json::object& o, std::string_view path) {
  if (const auto* text = json::find(o, "text"); text && text->is_string())
    return model::Text{std::string(text->get_string())};
  if (const auto* data = json::find(o, "data")) return model::Data{*data};
  if (const auto* base64 = json::find(o, "base64")) {
    WEFT_TRY(std::string bytes, read_base64(*base64, path));
    return model::Blob{std::move(bytes), text_at(o, "filename")};
  }
  if (o.contains("uri")) return read_link(o);
  if (const auto* tensor = json::find(o, "tensor")) return read_tensor(*tensor, path);
  if (const auto* call = json::object_at(o, "tool_call")) return read_tool_call(*call);
  if (const auto* result = json::object_at(o, "tool_result"))
    return read_tool_result(*result, path);
  if (o.contains("reasoning"))
    return model::Reasoning{text_at(o, "reasoning"), text_at(o, "opaque")};
  if (o.contains("refusal")) return model::Refusal{text_at(o, "refusal")};
  return broken(path, "a part has no member that tells its kind (text, data, base64, uri …)");
}

Result<Part> read_part(const json::value& v, std::string_view path) {
  const auto* o = v.if_object();
  if (!o) return broken(path, "a part is no object");
  Part part{.media_type = text_at(*o, "media_type")};
  WEFT_TRY(part.body, read_body(*o, path));
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
    if (const auto* call = item.if_object())
      turn.parts.push_back(Part{.body = read_tool_call(*call)});
  }
}

model::Usage usage_from(const json::object& said) {
  return {.input = count_at(said, "input"),
          .output = count_at(said, "output"),
          .cached = count_at(said, "cached"),
          .reasoning = count_at(said, "reasoning")};
}

void read_facts(const json::object& o, model::Output& output) {
  output.finish = model::finish_from(json::string_at(o, "finish")).value_or(model::Finish::stop);
  if (const auto* usage = json::object_at(o, "usage")) output.usage = usage_from(*usage);
  output.model = text_at(o, "model");
}

/// What the answer says itself: its parts; or its text, where that is neither the artifacts' nor
/// the data once more.
Result<model::Turn> read_turn(const json::object& o, const model::Output& output) {
  model::Turn turn{.role = model::Role::assistant};
  WEFT_TRY(turn.parts, read_parts(o, "parts"));
  const std::string text = text_at(o, "text");
  const bool copy = output.data && text == json::write(*output.data);
  if (turn.parts.empty() && output.artifacts.empty() && !text.empty() && !copy)
    turn.parts.push_back(Part::text(text));
  read_tool_calls(o, turn);
  return turn;
}

Result<model::Output> read_parts_form(const json::value& body) {
  const auto* o = body.if_object();
  if (!o) return broken("body", "an object is expected");
  model::Output output;
  if (const auto* artifacts = json::array_at(*o, "artifacts")) {
    for (const auto& item : *artifacts) {
      if (!item.is_object()) return broken("artifacts", "an artifact is no object");
      WEFT_TRY(auto artifact, read_artifact(item.get_object()));
      output.artifacts.push_back(std::move(artifact));
    }
  }
  if (const auto* tensors = json::array_at(*o, "tensors")) {
    for (const auto& item : *tensors) {
      WEFT_TRY(auto tensor, read_tensor(item, "tensors"));
      output.tensors.push_back(std::move(tensor));
    }
  }
  if (const auto* data = json::find(*o, "data")) output.data = *data;
  WEFT_TRY(auto turn, read_turn(*o, output));
  if (!turn.parts.empty()) output.turns.push_back(std::move(turn));
  read_facts(*o, output);
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
  const auto form = json::string_at(data, "form");
  auto output = read_output(*result, form);
  if (output && form != "parts") read_facts(data, *output);
  return {model::End{std::move(output), losses_from(json::find(data, "losses"))}};
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// `PATH FROM>TO KIND`, as model::summary() writes it; or `N more`, for which it had no room.
std::optional<model::Loss> read_loss(std::string_view text) {
  constexpr std::array kKinds{model::LossKind::dropped, model::LossKind::approximated,
                              model::LossKind::invented, model::LossKind::reordered};
  const auto space = text.rfind(' ');
  const bool ours = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
  if (!ours || space == std::string_view::npos) return std::nullopt;
  const std::string_view word = text.substr(space + 1);
  text = text.substr(0, space);
  if (word == "more")
    return model::Loss{"", std::format("{} more", text), "", model::LossKind::dropped, ""};
  const auto kind = std::ranges::find(kKinds, word, [](auto one) { return to_string(one); });
  // Without a path its space is trimmed with the header's.
  const auto gap = text.find(' ');
  const auto from = gap == std::string_view::npos ? 0 : gap + 1;
  const auto arrow = text.find('>', from);
  if (kind == kKinds.end() || arrow == std::string_view::npos) return std::nullopt;
  return model::Loss{std::string(text.substr(0, from == 0 ? 0 : gap)),
                     std::string(text.substr(from, arrow - from)),
                     std::string(text.substr(arrow + 1)), *kind, ""};
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

std::optional<Error> read_question(const json::object& problem) {
  if (json::string_at(problem, "type") != kQuestionType) return std::nullopt;
  return question_error(problem);
}

std::vector<model::Loss> read_losses(std::string_view header) {
  std::vector<model::Loss> losses;
  // Text never holds a `;`: it is written as `?`.
  for (const auto part : std::views::split(header, std::string_view("; "))) {
    auto loss = read_loss(std::string_view(part));
    if (loss && losses.size() < kLossesReadMax) losses.push_back(*std::move(loss));
  }
  return losses;
}

std::optional<model::Usage> read_usage(std::string_view header) {
  std::optional<model::Usage> usage;
  for (const auto part : std::views::split(header, ',')) {
    const std::string_view item = trimmed(std::string_view(part));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    std::int64_t count = 0;
    const auto read = std::from_chars(item.data() + equals + 1, item.data() + item.size(), count);
    if (read.ec != std::errc() || read.ptr != item.data() + item.size() || count < 0) continue;
    const std::string_view name = item.substr(0, equals);
    model::Usage told = usage.value_or(model::Usage());
    std::int64_t* place = name == "input"       ? &told.input
                          : name == "output"    ? &told.output
                          : name == "cached"    ? &told.cached
                          : name == "reasoning" ? &told.reasoning
                                                : nullptr;
    if (place == nullptr) continue;
    *place = count;
    usage = told;
  }
  return usage;
}

Result<std::optional<model::Event>> read_event(std::string_view name, const json::object& data) {
  using Read = Result<std::optional<model::Event>>;
  if (name == "delta") return Read(model::Event{read_delta(data)});
  if (name == "status") return Read(model::Event{read_state(data)});
  if (name == "done") return Read(read_end(data));
  if (name == "ask") return Read(model::end_with(question_error(data)));
  if (name == "usage") return Read(model::Event{usage_from(data)});
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
