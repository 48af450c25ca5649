#include "weft/adapters/common/losses.h"

#include <algorithm>
#include <format>

#include "weft/base/json_compare.h"

namespace weft::adapters {
namespace {

using model::Loss;
using model::LossKind;

/// Settings that a caller may have sent along for the sake of its own protocol alone.
bool says_nothing(std::string_view key) {
  return key == "metadata" || key == "user" || key == "store" || key == "response_format";
}

void note_settings(const model::Generation& gen, LossNotes& notes) {
  constexpr std::string_view kNote = "the solution has no such setting";
  const auto setting = [&](bool there, std::string_view name) {
    if (there) notes.dropped(true, std::format("/gen/{}", name), "call", kNote);
  };
  setting(gen.max_tokens.has_value(), "max_tokens");
  setting(gen.temperature.has_value(), "temperature");
  setting(gen.top_p.has_value(), "top_p");
  setting(!gen.stop.empty(), "stop");
  setting(gen.seed.has_value(), "seed");
  setting(gen.choices.value_or(1) != 1, "n");
  setting(gen.presence_penalty.has_value(), "presence_penalty");
  setting(gen.frequency_penalty.has_value(), "frequency_penalty");
  setting(!gen.effort.empty(), "effort");
  setting(!gen.format.empty() && gen.format != "text", "format");
  setting(gen.schema.has_value(), "schema");
  for (const auto& [key, value] : gen.extra) {
    if (!says_nothing(key))
      notes.dropped(true, std::format("/{}", std::string_view(key)), "call", kNote);
  }
}

constexpr std::string_view kStandsAlone = "a structured result stands alone";

std::vector<model::Part> beside(const std::vector<model::Part>& parts, const json::value& data) {
  std::vector<model::Part> rest;
  for (const model::Part& part : parts) {
    if (!is_copy(part, data)) rest.push_back(part);
  }
  return rest;
}

void note_all(const Contents& has, std::string_view path, LossNotes& notes) {
  const auto lost = [&](bool there, std::string_view what) {
    notes.dropped(there, path, what, kStandsAlone);
  };
  lost(has.text, "text");
  lost(has.data, "data");
  lost(has.files || has.links, "file");
  lost(has.tensors, "tensor");
  lost(has.tool_calls, "tool_call");
  lost(has.tool_results, "tool_result");
  lost(has.reasoning || has.opaque, "reasoning");
  lost(has.refusals, "refusal");
}

}  // namespace

void Contents::add(const std::vector<model::Part>& parts) {
  for (const model::Part& part : parts) {
    if (const auto* said = std::get_if<model::Text>(&part.body)) {
      text = text || !said->text.empty();
      typed_text = typed_text || !part.media_type.empty();
    } else if (std::holds_alternative<model::Data>(part.body)) {
      data = true;
    } else if (const auto* blob = std::get_if<model::Blob>(&part.body)) {
      files = true;
      file_names = file_names || !blob->filename.empty();
    } else if (const auto* link = std::get_if<model::Link>(&part.body)) {
      links = true;
      const bool bare =
          (link->name.empty() || link->name == link->uri) && !link->size && part.media_type.empty();
      link_facts = link_facts || !bare;
    } else if (const auto* thought = std::get_if<model::Reasoning>(&part.body)) {
      reasoning = reasoning || !thought->text.empty();
      opaque = opaque || !thought->opaque.empty();
    } else {
      tensors = tensors || std::holds_alternative<model::Tensor>(part.body);
      tool_calls = tool_calls || std::holds_alternative<model::ToolCall>(part.body);
      tool_results = tool_results || std::holds_alternative<model::ToolResult>(part.body);
      refusals = refusals || std::holds_alternative<model::Refusal>(part.body);
    }
  }
}

Contents turns_of(const model::Output& output) {
  Contents out;
  for (const auto& turn : output.turns) out.add(turn.parts);
  return out;
}

Contents artifacts_of(const model::Output& output) {
  Contents out;
  for (const auto& artifact : output.artifacts) out.add(artifact.parts);
  return out;
}

void LossNotes::dropped(bool there, std::string_view path, std::string_view what,
                        std::string_view note) {
  if (!there) return;
  losses_.push_back(
      Loss{std::string(path), std::string(what), "", LossKind::dropped, std::string(note)});
}

void LossNotes::approximated(bool there, std::string_view path, std::string_view what,
                             std::string_view to, std::string_view note) {
  if (!there) return;
  losses_.push_back(Loss{std::string(path), std::string(what), std::string(to),
                         LossKind::approximated, std::string(note)});
}

bool is_copy(const model::Part& part, const json::value& data) {
  if (const auto* text = std::get_if<model::Text>(&part.body)) {
    const auto read = json::parse(text->text);
    return part.media_type.empty() && read && json::equal(*read, data);
  }
  const auto* same = std::get_if<model::Data>(&part.body);
  return same && json::equal(same->json, data);
}

void note_beside(const model::Output& output, const json::value& data, std::vector<Loss>& losses) {
  LossNotes notes(losses);
  Contents said;
  for (const auto& turn : output.turns) said.add(beside(turn.parts, data));
  note_all(said, "/turns", notes);
  Contents made;
  for (const auto& artifact : output.artifacts) made.add(beside(artifact.parts, data));
  note_all(made, "/artifacts", notes);
  notes.dropped(!output.artifacts.empty(), "/artifacts", "artifact", kStandsAlone);
  notes.dropped(!output.tensors.empty(), "/tensors", "tensor", kStandsAlone);
}

std::vector<Loss> losses_of_call(const model::Call& call, CallRoom room) {
  std::vector<Loss> losses;
  LossNotes notes(losses);
  const bool tools = !call.tools.empty() || !call.tool_choice.empty() || call.parallel_tools;
  notes.dropped(tools, "/tools", "call", "the solution cannot be offered tools");
  note_settings(call.gen, notes);
  if (room.media) return losses;
  for (std::size_t i = 0; i < call.turns.size(); ++i) {
    Contents said;
    said.add(call.turns[i].parts);
    if (said.files || said.links)
      notes.dropped(true, std::format("/turns/{}/parts", i), "file",
                    "the solution takes arguments, which hold no files");
  }
  return losses;
}

std::vector<Loss> losses_from(const json::value* list) {
  std::vector<Loss> losses;
  if (list == nullptr || !list->is_array()) return losses;
  for (const json::value& item : list->get_array()) {
    const json::object* o = item.if_object();
    if (o == nullptr || losses.size() >= kLossesReadMax) continue;
    const std::string_view word = json::string_at(*o, "kind");
    for (const LossKind kind :
         {LossKind::dropped, LossKind::approximated, LossKind::invented, LossKind::reordered}) {
      if (model::to_string(kind) != word) continue;
      const auto text = [&](std::string_view key) { return std::string(json::string_at(*o, key)); };
      losses.push_back({text("path"), text("from"), text("to"), kind, text("note")});
    }
  }
  return losses;
}

void add_losses(std::vector<Loss>& losses, std::vector<Loss> more) {
  for (Loss& loss : more) {
    const auto same = [&](const Loss& known) {
      return known.path == loss.path && known.from == loss.from && known.to == loss.to;
    };
    if (std::ranges::none_of(losses, same)) losses.push_back(std::move(loss));
  }
}

}  // namespace weft::adapters
