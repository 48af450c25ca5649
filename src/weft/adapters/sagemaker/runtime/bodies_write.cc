// Answers to invocations, written.
#include <algorithm>
#include <array>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/sagemaker/runtime/bodies.h"
#include "weft/wire/media_type.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kCsv = "text/csv; charset=utf-8";

void note_all(const Contents& has, std::string_view path, bool data_told, LossNotes& notes) {
  constexpr std::string_view kNote = "the body is one thing";
  notes.dropped(has.data && !data_told, path, "data", kNote);
  notes.dropped(has.files || has.links, path, "file", kNote);
  notes.dropped(has.tensors, path, "tensor", kNote);
  notes.dropped(has.tool_calls, path, "tool_call", kNote);
  notes.dropped(has.tool_results, path, "tool_result", kNote);
  notes.dropped(has.reasoning || has.opaque, path, "reasoning", kNote);
}

std::vector<model::Loss> losses_beside_words(const model::Output& output) {
  std::vector<model::Loss> out;
  LossNotes notes(out);
  note_all(turns_of(output), "/turns", false, notes);
  note_all(artifacts_of(output), "/artifacts", false, notes);
  return out;
}

/// The structured result, and what it leaves behind.
AnswerBody data_body(const model::Output& output, json::value data, BodyForm form) {
  AnswerBody out;
  out.type = kJson;
  note_beside(output, data, out.losses);
  if (form == BodyForm::instances) data = json::object{{"predictions", std::move(data)}};
  out.body = json::write(data);
  return out;
}

json::object usage_json(const model::Usage& usage) {
  return {{"prompt_tokens", usage.input},
          {"completion_tokens", usage.output},
          {"total_tokens", usage.input + usage.output}};
}

AnswerBody chat_body(const model::Output& output) {
  json::object choice{{"index", 0},
                      {"message", {{"role", "assistant"}, {"content", words_of(output)}}},
                      {"finish_reason", finish_word(output.finish)}};
  json::object body{{"object", "chat.completion"}, {"model", output.model}};
  body["choices"] = json::array{json::value(std::move(choice))};
  if (output.usage) body["usage"] = usage_json(*output.usage);
  return {
      .type = std::string(kJson), .body = json::write(body), .losses = losses_beside_words(output)};
}

AnswerBody generation_body(const model::Output& output) {
  json::array body;
  body.emplace_back(json::object{{"generated_text", words_of(output)}});
  return {.type = std::string(kJson),
          .body = json::write(json::value(std::move(body))),
          .losses = losses_beside_words(output)};
}

AnswerBody words_as_json(const model::Output& output) {
  const json::object body{{"text", words_of(output)}};
  return {
      .type = std::string(kJson), .body = json::write(body), .losses = losses_beside_words(output)};
}

AnswerBody words_as_text(const model::Output& output) {
  return {
      .type = std::string(kText), .body = words_of(output), .losses = losses_beside_words(output)};
}

/// The one file that an answer without words is.
const model::Part* only_file(const model::Output& output) {
  const model::Part* found = nullptr;
  const auto look = [&](const std::vector<model::Part>& parts) {
    for (const model::Part& part : parts) {
      if (found != nullptr || !std::holds_alternative<model::Blob>(part.body)) return false;
      found = &part;
    }
    return true;
  };
  for (const auto& turn : output.turns) {
    if (!look(turn.parts)) return nullptr;
  }
  for (const auto& artifact : output.artifacts) {
    if (!look(artifact.parts)) return nullptr;
  }
  return found;
}

// ---- tables

void append_cell(std::string& out, const json::value& cell) {
  if (cell.is_null()) return;
  if (!cell.is_string()) return json::write(out, cell);
  const std::string_view text = cell.get_string();
  if (text.find_first_of("\",\r\n") == text.npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

bool is_cell(const json::value& value) { return !value.is_array() && !value.is_object(); }

/// Rows of a list, or of a tensor of two dimensions; nothing when it is no table.
std::optional<std::string> table_of(const json::value& value) {
  const json::object* whole = value.if_object();
  const json::array* rows = value.if_array();
  std::size_t width = 0;
  if (whole != nullptr) {
    rows = json::array_at(*whole, "data");
    const json::array* shape = json::array_at(*whole, "shape");
    if (rows == nullptr || shape == nullptr || shape->size() != 2) return std::nullopt;
    boost::system::error_code error;
    width = (*shape)[1].to_number<std::size_t>(error);
    if (error || width == 0) return std::nullopt;
  }
  if (rows == nullptr) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const json::value& row = (*rows)[i];
    if (const json::array* cells = row.if_array()) {
      for (const json::value& cell : *cells) {
        if (!is_cell(cell)) return std::nullopt;
        if (&cell != cells->begin()) out += ',';
        append_cell(out, cell);
      }
      out += '\n';
      continue;
    }
    if (!is_cell(row)) return std::nullopt;
    append_cell(out, row);
    out += width > 0 && (i + 1) % width != 0 ? ',' : '\n';
  }
  return out;
}

std::optional<AnswerBody> csv_body(const model::Output& output) {
  const auto data = model::plain_data(output);
  if (!data) return std::nullopt;
  const json::object* o = data->if_object();
  // Of one tensor the rows are what is meant.
  auto text = table_of(o != nullptr && o->size() == 1 ? o->begin()->value() : *data);
  if (!text) return std::nullopt;
  AnswerBody out{.type = std::string(kCsv), .body = *std::move(text), .losses = {}};
  note_beside(output, *data, out.losses);
  return out;
}

std::optional<AnswerBody> json_body(const model::Output& output, BodyForm form) {
  if (form == BodyForm::chat) return chat_body(output);
  if (form == BodyForm::generation && !output.data) return generation_body(output);
  if (auto data = model::plain_data(output)) return data_body(output, *std::move(data), form);
  return words_as_json(output);
}

}  // namespace

bool takes(std::string_view accept, std::string_view type) {
  const std::string wanted = wire::media_type(type);
  if (accept.find_first_not_of(" \t") == accept.npos) return true;
  while (!accept.empty()) {
    const auto end = std::min(accept.find(','), accept.size());
    std::string_view item = accept.substr(0, end);
    accept.remove_prefix(std::min(end + 1, accept.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.starts_with("*/*")) return true;
    const std::string named = wire::media_type(item);
    if (named == wanted) return true;
    if (named.ends_with("/*") && wanted.starts_with(named.substr(0, named.size() - 1))) return true;
  }
  return false;
}

std::string words_of(const model::Output& output) { return model::plain_text(output); }

std::string_view finish_word(model::Finish finish) {
  switch (finish) {
    case model::Finish::length: return "length";
    case model::Finish::tool_calls: return "tool_calls";
    case model::Finish::filtered:
    case model::Finish::refused: return "content_filter";
    case model::Finish::stop:
    case model::Finish::paused: break;
  }
  return "stop";
}

Result<AnswerBody> write_body(const model::Output& output, BodyForm form, std::string_view accept) {
  if (const model::Part* file = only_file(output)) {
    const std::string type =
        file->media_type.empty() ? "application/octet-stream" : file->media_type;
    if (takes(accept, type))
      return AnswerBody{
          .type = type, .body = std::get<model::Blob>(file->body).bytes, .losses = {}};
  }
  const bool text_first = form == BodyForm::text || form == BodyForm::file;
  if (text_first && !model::plain_data(output) && takes(accept, kText))
    return words_as_text(output);
  if (form == BodyForm::table && takes(accept, kCsv)) {
    if (auto table = csv_body(output)) return *std::move(table);
  }
  if (takes(accept, kJson)) return *json_body(output, form);
  if (takes(accept, kCsv)) {
    if (auto table = csv_body(output)) return *std::move(table);
  }
  if (takes(accept, kText)) return words_as_text(output);
  return fail(Reason::invalid_argument,
              std::format("the answer cannot be written as `{}`; accept application/json or "
                          "text/plain",
                          accept));
}

}  // namespace weft::adapters::sagemaker::runtime
