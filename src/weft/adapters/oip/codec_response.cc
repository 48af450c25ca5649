// Answers as tensors, and what a server's tensors are as an output.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <format>

#include "weft/adapters/common/losses.h"
#include "weft/adapters/oip/codec.h"
#include "weft/adapters/oip/limits.h"
#include "weft/wire/base64.h"

namespace weft::adapters::oip {
namespace {

using model::Part;
using wire::OipResponse;
using wire::OipTensor;
using wire::TensorType;

/// What a file's tensor says of it. `base64` is how MLServer marks bytes that JSON cannot hold.
constexpr std::string_view kContentType = "content_type";
constexpr std::string_view kBase64 = "base64";
constexpr std::string_view kUri = "uri";

OipTensor one_text(std::string_view name, std::string_view text) {
  return wire::tensor_of_texts(std::string(name), {1}, {text});
}

// ---- writing

void append_line(std::string& out, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty()) out += '\n';
  out += text;
}

void append_words(std::string& out, const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (const auto* text = std::get_if<model::Text>(&part.body)) append_line(out, text->text);
    if (const auto* refusal = std::get_if<model::Refusal>(&part.body))
      append_line(out, refusal->text);
  }
}

OipTensor file_tensor(const Part& part, std::size_t number) {
  json::object parameters;
  std::string content;
  if (const auto* blob = std::get_if<model::Blob>(&part.body)) {
    content = wire::base64_encode(blob->bytes);
    parameters[kContentType] = kBase64;
    if (!blob->filename.empty()) parameters["filename"] = blob->filename;
  } else {
    const auto& link = std::get<model::Link>(part.body);
    content = link.uri;
    parameters[kContentType] = kUri;
    if (!link.name.empty()) parameters["name"] = link.name;
    if (link.size) parameters["size"] = *link.size;
  }
  if (!part.media_type.empty()) parameters["media_type"] = part.media_type;
  OipTensor out = one_text(std::format("file_{}", number), content);
  out.parameters = std::move(parameters);
  return out;
}

void append_files(std::vector<OipTensor>& out, const std::vector<Part>& parts,
                  std::size_t& number) {
  for (const Part& part : parts) {
    const bool file = std::holds_alternative<model::Blob>(part.body) ||
                      std::holds_alternative<model::Link>(part.body);
    if (file) out.push_back(file_tensor(part, ++number));
  }
}

json::object facts_of(const model::Output& output) {
  json::object out;
  if (output.finish != model::Finish::stop) out["finish"] = model::to_string(output.finish);
  if (!output.model.empty()) out["model"] = output.model;
  if (!output.usage) return out;
  out["input_tokens"] = output.usage->input;
  out["output_tokens"] = output.usage->output;
  if (output.usage->cached != 0) out["cached_tokens"] = output.usage->cached;
  if (output.usage->reasoning != 0) out["reasoning_tokens"] = output.usage->reasoning;
  return out;
}

/// How many parts are data that is not told as `result`.
bool has_untold_data(const std::vector<Part>& parts, const std::optional<json::value>& told) {
  return std::ranges::any_of(parts, [&](const Part& part) {
    if (!std::holds_alternative<model::Data>(part.body)) return false;
    return !told || !is_copy(part, *told);
  });
}

void note_losses(const model::Output& output, const std::optional<json::value>& told,
                 std::vector<model::Loss>& losses) {
  LossNotes notes(losses);
  constexpr std::string_view kNote = "a model's answer has tensors of texts and numbers";
  bool data = false;
  for (const auto& turn : output.turns) data = data || has_untold_data(turn.parts, told);
  for (const auto& artifact : output.artifacts)
    data = data || has_untold_data(artifact.parts, told);
  notes.dropped(data, "/data", "data", kNote);
  for (const auto& [has, path] :
       {std::pair(turns_of(output), std::string_view("/turns")),
        std::pair(artifacts_of(output), std::string_view("/artifacts"))}) {
    notes.dropped(has.typed_text, path, "text_type", kNote);
    notes.dropped(has.tensors, path, "tensor", kNote);
    notes.dropped(has.tool_calls, path, "tool_call", kNote);
    notes.dropped(has.tool_results, path, "tool_result", kNote);
    notes.dropped(has.reasoning || has.opaque, path, "reasoning", kNote);
    notes.approximated(has.refusals, path, "refusal", "text", kNote);
  }
  notes.dropped(!output.artifacts.empty(), "/artifacts", "artifact", kNote);
  notes.dropped(!output.tensors.empty(), "/tensors", "tensor", kNote);
}

// ---- members of a result as tensors

/// The members that are declared, where the result has them in a form that tensors have.
std::vector<OipTensor> member_tensors(const std::vector<wire::TensorSpec>& specs,
                                      const json::value& result) {
  std::vector<OipTensor> out;
  const json::object* o = result.if_object();
  if (o == nullptr) return out;
  for (const wire::TensorSpec& spec : specs) {
    const json::value* value = json::find(*o, spec.name);
    if (value == nullptr) continue;
    wire::Signature one;
    one.inputs = {spec};
    auto read = wire::tensors_of_json(one, json::value(json::object{{spec.name, *value}}));
    if (read) out.push_back(std::move(read->front()));
  }
  return out;
}

/// The specs without those that stand for no member.
std::vector<wire::TensorSpec> member_specs(const ModelView& view) {
  std::vector<wire::TensorSpec> out;
  for (const auto& spec : view.signature.outputs) {
    if (spec.name != kResult && spec.name != kTextOutput) out.push_back(spec);
  }
  return out;
}

Result<OipResponse> tensor_response(const ModelView& view, const model::Output& output,
                                    std::vector<model::Loss>& losses) {
  OipResponse out;
  const auto data = model::plain_data(output);
  wire::Signature signature;
  signature.inputs = view.signature.outputs;
  // What is not there of the outputs was not asked for.
  if (const json::object* o = data ? data->if_object() : nullptr) {
    std::erase_if(signature.inputs, [&](const auto& spec) { return !o->contains(spec.name); });
  }
  auto tensors = data ? wire::tensors_of_json(signature, *data)
                      : Result<std::vector<OipTensor>>(
                            fail(Reason::upstream_protocol, "the model answered no tensors"));
  if (!tensors) {
    return fail(Reason::upstream_protocol,
                std::format("the answer is no tensors: {}", tensors.error().message));
  }
  out.outputs = *std::move(tensors);
  out.parameters = facts_of(output);
  note_beside(output, *data, losses);
  return out;
}

Result<OipResponse> embedding_response(const model::Output& output,
                                       std::vector<model::Loss>& losses) {
  const auto data = model::plain_data(output);
  const json::object* o = data ? data->if_object() : nullptr;
  const json::value* rows = o != nullptr ? json::find(*o, "embeddings") : nullptr;
  if (rows == nullptr) return fail(Reason::upstream_protocol, "the skill answered no embeddings");
  wire::Signature one;
  one.inputs = {{.name = std::string(kEmbedding), .type = TensorType::fp32, .shape = {-1, -1}}};
  WEFT_TRY(auto tensors,
           wire::tensors_of_json(one, json::value(json::object{{kEmbedding, *rows}})));
  OipResponse out;
  out.outputs = std::move(tensors);
  out.parameters = facts_of(output);
  note_beside(output, *data, losses);
  return out;
}

/// Answers of a batch: their words alone.
OipResponse batch_response(const AskedCalls& asked, const std::vector<model::Output>& outputs,
                           std::vector<model::Loss>& losses) {
  std::vector<std::string> words;
  LossNotes notes(losses);
  for (const model::Output& output : outputs) {
    words.push_back(words_of(output));
    note_losses(output, std::nullopt, losses);
    notes.dropped(output.usage.has_value(), "/usage", "usage", "of several answers");
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  OipResponse out;
  out.outputs.push_back(wire::tensor_of_texts(std::string(kTextOutput), asked.shape, views));
  return out;
}

// ---- reading

bool is_text(const OipTensor& tensor) { return tensor.type == TensorType::bytes; }

std::string joined(const OipTensor& tensor) {
  std::string out;
  const auto texts = wire::texts_of(tensor);
  for (const std::string_view text : texts) append_line(out, text);
  return out;
}

std::optional<Part> file_of(const OipTensor& tensor) {
  const std::string_view kind = json::string_at(tensor.parameters, kContentType);
  const auto texts = is_text(tensor) ? wire::texts_of(tensor) : std::vector<std::string_view>();
  if (texts.size() != 1) return std::nullopt;
  Part out;
  out.media_type = json::string_at(tensor.parameters, "media_type");
  if (kind == kBase64) {
    auto bytes = wire::base64_decode(texts[0]);
    if (!bytes) return std::nullopt;
    out.body = model::Blob{.bytes = *std::move(bytes),
                           .filename = std::string(json::string_at(tensor.parameters, "filename"))};
    return out;
  }
  if (kind != kUri) return std::nullopt;
  model::Link link{.uri = std::string(texts[0]),
                   .name = std::string(json::string_at(tensor.parameters, "name")),
                   .size = std::nullopt};
  if (const auto size = json::int_at(tensor.parameters, "size"); size && *size >= 0)
    link.size = static_cast<std::uint64_t>(*size);
  out.body = std::move(link);
  return out;
}

void read_facts(const json::object& parameters, model::Output& out) {
  out.finish =
      model::finish_from(json::string_at(parameters, "finish")).value_or(model::Finish::stop);
  out.model = json::string_at(parameters, "model");
  const auto count = [&](std::string_view name) {
    return std::max<std::int64_t>(json::int_at(parameters, name).value_or(0), 0);
  };
  if (!parameters.contains("input_tokens") && !parameters.contains("output_tokens")) return;
  out.usage = model::Usage{.input = count("input_tokens"),
                           .output = count("output_tokens"),
                           .cached = count("cached_tokens"),
                           .reasoning = count("reasoning_tokens")};
}

json::array rows_of(const OipTensor& tensor) {
  json::array out;
  const json::array elements = wire::json_of_elements(tensor);
  const auto width = static_cast<std::size_t>(tensor.shape.back());
  for (std::size_t at = 0; width > 0 && at + width <= elements.size(); at += width) {
    out.emplace_back(json::array(elements.begin() + at, elements.begin() + at + width));
  }
  return out;
}

}  // namespace

std::string words_of(const model::Output& output) {
  std::string out;
  for (const auto& turn : output.turns) append_words(out, turn.parts);
  for (const auto& artifact : output.artifacts) append_words(out, artifact.parts);
  return out;
}

std::string WordStream::add(const model::Delta& delta) {
  using Kind = model::Delta::Kind;
  // As model::Fold puts parts together: a call grows wherever it stands.
  const bool grows =
      delta.kind == Kind::tool_call ? !calls_.insert(delta.tool_index).second : part_ == delta.kind;
  if (!grows) {
    part_ = delta.kind;
    own_line_ = true;
  }
  const bool words = delta.kind == Kind::text || delta.kind == Kind::refusal;
  if (!words || delta.text.empty()) return {};
  std::string out = said_ && own_line_ ? "\n" : "";
  out += delta.text;
  own_line_ = false;
  said_ = true;
  return out;
}

std::string WordStream::left(const model::Output& output) const {
  if (!said_) return words_of(output);
  std::string out;
  for (const auto& artifact : output.artifacts) append_words(out, artifact.parts);
  return out.empty() ? out : "\n" + out;
}

OipResponse beside_words(const model::Output& output, std::vector<model::Loss>& losses) {
  OipResponse out;
  const auto data = model::plain_data(output);
  if (data) out.outputs.push_back(one_text(kResult, json::write(*data)));
  std::size_t files = 0;
  for (const auto& turn : output.turns) append_files(out.outputs, turn.parts, files);
  for (const auto& artifact : output.artifacts) append_files(out.outputs, artifact.parts, files);
  out.parameters = facts_of(output);
  note_losses(output, data, losses);
  return out;
}

Result<OipResponse> response_of(const ModelView& view, const AskedCalls& asked,
                                const std::vector<model::Output>& outputs,
                                std::vector<model::Loss>& losses) {
  const model::Output& output = outputs.front();
  if (view.form == Form::tensors) return tensor_response(view, output, losses);
  if (view.form == Form::embedding) return embedding_response(output, losses);
  if (outputs.size() > 1) return batch_response(asked, outputs, losses);
  OipResponse out = beside_words(output, losses);
  const std::string words = words_of(output);
  const bool always = view.form == Form::text;
  if (!words.empty() || always) {
    OipTensor text = one_text(kTextOutput, words);
    if (always && wire::elements_of(asked.shape) == 1) text.shape = asked.shape;
    out.outputs.insert(out.outputs.begin(), std::move(text));
  }
  if (const auto data = model::plain_data(output); data && !always) {
    auto members = member_tensors(member_specs(view), *data);
    out.outputs.insert(out.outputs.end(), std::make_move_iterator(members.begin()),
                       std::make_move_iterator(members.end()));
  }
  return out;
}

Result<model::Output> output_of_own(const OipResponse& response, model::Shape shape) {
  model::Output out;
  read_facts(response.parameters, out);
  model::Turn turn;
  turn.role = model::Role::assistant;
  for (const OipTensor& tensor : response.outputs) {
    if (tensor.name == kTextOutput && is_text(tensor)) {
      std::string words = joined(tensor);
      if (!words.empty()) turn.parts.push_back(Part::text(std::move(words)));
    } else if (tensor.name == kResult && is_text(tensor)) {
      auto parsed = json::parse(joined(tensor));
      if (!parsed)
        return fail(Reason::upstream_protocol,
                    std::format("its result is no JSON: {}", parsed.error().message));
      out.data = *std::move(parsed);
    } else if (shape == model::Shape::embed && tensor.name == kEmbedding &&
               tensor.shape.size() == 2) {
      out.data = json::object{{"embeddings", rows_of(tensor)}};
    } else if (auto file = file_of(tensor)) {
      turn.parts.push_back(*std::move(file));
    }
  }
  if (!turn.parts.empty()) out.turns.push_back(std::move(turn));
  return out;
}

model::Output output_of(const OipResponse& response, model::Shape shape) {
  model::Output out;
  const auto text = std::ranges::find(response.outputs, kTextOutput, &OipTensor::name);
  if (shape == model::Shape::converse && text != response.outputs.end() && is_text(*text)) {
    model::Turn turn;
    turn.role = model::Role::assistant;
    turn.parts.push_back(Part::text(joined(*text)));
    out.turns.push_back(std::move(turn));
    return out;
  }
  out.data = wire::json_of_tensors(response.outputs);
  return out;
}

}  // namespace weft::adapters::oip
