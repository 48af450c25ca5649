#include "weft/adapters/sagemaker/runtime/lines.h"

#include "weft/adapters/common/losses.h"
#include "weft/wire/sse.h"

namespace weft::adapters::sagemaker::runtime {
namespace {

json::object chunk(json::object delta, json::value finish) {
  json::object choice{
      {"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}};
  json::object out{{"object", "chat.completion.chunk"}};
  out["choices"] = json::array{json::value(std::move(choice))};
  return out;
}

/// What did not come as deltas.
std::string words_of_artifacts(const model::Output& output) {
  std::string out;
  for (const auto& artifact : output.artifacts) {
    const std::string text = model::joined_text(artifact.parts, false);
    if (!text.empty()) out += "\n" + text;
  }
  return out;
}

/// What lines of words have no place for.
std::vector<model::Loss> losses_of(const model::Output& output, bool data_told) {
  std::vector<model::Loss> out;
  LossNotes notes(out);
  constexpr std::string_view kNote = "the stream tells words";
  for (const auto& [has, path] :
       {std::pair(turns_of(output), std::string_view("/turns")),
        std::pair(artifacts_of(output), std::string_view("/artifacts"))}) {
    notes.dropped(has.data && !data_told, path, "data", kNote);
    notes.dropped(has.files || has.links, path, "file", kNote);
    notes.dropped(has.tensors, path, "tensor", kNote);
    notes.dropped(has.tool_calls, path, "tool_call", kNote);
    notes.dropped(has.tool_results, path, "tool_result", kNote);
    notes.dropped(has.reasoning || has.opaque, path, "reasoning", kNote);
  }
  return out;
}

}  // namespace

LineWriter::LineWriter(BodyForm form, std::string_view accept)
    : form_(form),
      events_(!takes(accept, "application/jsonlines") && takes(accept, "text/event-stream")) {}

void LineWriter::line(std::string& out, const json::object& object) const {
  if (events_) return wire::write_sse_data(out, json::write(object));
  json::write(out, object);
  out += '\n';
}

void LineWriter::words(std::string& out, std::string_view text) {
  if (text.empty()) return;
  said_ += text;
  if (form_ == BodyForm::chat) return line(out, chunk({{"content", text}}, nullptr));
  if (form_ == BodyForm::generation) return line(out, {{"token", {{"text", text}}}});
  line(out, {{"text", text}});
}

void LineWriter::add(std::string& out, const model::Event& event) {
  using Kind = model::Delta::Kind;
  const auto* delta = std::get_if<model::Delta>(&event.body);
  if (delta == nullptr) return;
  // As model::Fold puts parts together: a call grows wherever it stands.
  const bool grows = delta->kind == Kind::tool_call ? !calls_.insert(delta->tool_index).second
                                                    : part_ == delta->kind;
  if (!grows) {
    part_ = delta->kind;
    own_line_ = true;
  }
  const bool shown = delta->kind == Kind::text || delta->kind == Kind::refusal;
  if (!shown || delta->text.empty()) return;
  words(out, (own_line_ && !said_.empty() ? "\n" : "") + delta->text);
  own_line_ = false;
}

void LineWriter::end(std::string& out, const model::Output& output,
                     std::vector<model::Loss> losses) {
  const auto data = model::plain_data(output);
  const bool tells_data = form_ != BodyForm::chat && form_ != BodyForm::generation;
  if (said_.empty() && !(data && tells_data)) {
    words(out, words_of(output));
  } else if (!said_.empty()) {
    words(out, words_of_artifacts(output));
  }
  if (form_ == BodyForm::chat) {
    line(out, chunk(json::object(), json::value(finish_word(output.finish))));
  } else if (form_ == BodyForm::generation) {
    line(out, {{"token", {{"text", ""}}}, {"generated_text", said_}});
  } else if (data) {
    line(out, {{"result", *data}});
  }
  add_losses(losses, losses_of(output, data && tells_data));
  // Before the mark of the end, where a reader of events stops.
  if (!losses.empty() && tells_data) line(out, {{"losses", model::to_json(losses)}});
  if (events_) wire::write_sse_data(out, "[DONE]");
}

}  // namespace weft::adapters::sagemaker::runtime
