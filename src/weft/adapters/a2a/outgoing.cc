#include "weft/adapters/a2a/outgoing.h"

#include <algorithm>
#include <array>
#include <format>
#include <utility>

#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/common/losses.h"
#include "weft/hub/contexts.h"

namespace weft::adapters::a2a {
namespace {

const json::object* args_object(const model::Call& call) {
  return call.args && call.args->is_object() ? &call.args->get_object() : nullptr;
}

/// What was said before, for an agent that hears of the conversation for the first time.
std::string earlier(const model::Call& call) {
  std::string out;
  for (std::size_t i = 0; i + 1 < call.turns.size(); ++i) {
    const model::Turn& turn = call.turns[i];
    const std::string words = model::joined_text(turn.parts, true);
    if (!words.empty()) out += std::format("{}: {}\n", model::to_string(turn.role), words);
  }
  return out;
}

/// The files of earlier turns are not told again.
void note_earlier_files(const model::Call& call, Outgoing& out) {
  LossNotes notes(out.losses);
  for (std::size_t i = 0; i + 1 < call.turns.size(); ++i) {
    Contents said;
    said.add(call.turns[i].parts);
    if (!said.files && !said.links) continue;
    notes.dropped(true, std::format("/turns/{}/parts", i), "file",
                  "of earlier turns only the words are told");
  }
}

void write_turns(const model::Call& call, bool known, Outgoing& out) {
  const std::string before = known ? "" : earlier(call);
  if (!known) note_earlier_files(call, out);
  if (!before.empty()) {
    out.request.message.parts.push_back(
        model::Part::text(std::format("The conversation so far:\n{}\nNow:", before)));
    out.losses.push_back({"/turns", "turns", "text", model::LossKind::approximated,
                          "A2A sends one message; earlier turns were told in words"});
  }
  for (const model::Part& part : call.turns.back().parts) out.request.message.parts.push_back(part);
}

constexpr std::array<std::string_view, 4> kWords{"message", "prompt", "text", "input"};

/// Whether weft's own schema of a talking skill has all the members of these arguments.
bool only_words(const json::object& args) {
  return std::ranges::all_of(args, [](const auto& member) {
    const std::string_view name = member.key();
    return name == "data" || name == "context_id" || name == "task_id" ||
           std::ranges::find(kWords, name) != kWords.end();
  });
}

json::value skill_call(const model::Skill& skill, json::value parameters) {
  json::object data{{"skill", skill.id.str()}};
  data["parameters"] = std::move(parameters);
  return data;
}

/// Words as text; the rest as data. Arguments that a talking skill's schema does not name go whole,
/// under the skill's name, beside the words.
void write_args(const model::Call& call, const model::Skill& skill, Outgoing& out) {
  std::vector<model::Part>& parts = out.request.message.parts;
  if (skill.shape != model::Shape::converse) {
    parts.push_back(model::Part::data(skill_call(skill, *call.args)));
    return;
  }
  const json::object* args = args_object(call);
  const json::value* words = nullptr;
  if (args != nullptr) {
    for (const std::string_view name : kWords) {
      if (words == nullptr) words = json::find(*args, name);
    }
  }
  if (words == nullptr || !words->is_string()) {
    parts.push_back(model::Part::data(*call.args));
    return;
  }
  parts.push_back(model::Part::text(std::string(words->get_string())));
  if (!only_words(*args)) {
    json::object parameters = *args;
    parameters.erase("context_id");
    parameters.erase("task_id");
    parts.push_back(model::Part::data(skill_call(skill, std::move(parameters))));
    return;
  }
  if (const json::value* data = json::find(*args, "data"))
    parts.push_back(model::Part::data(*data));
}

/// What the A2A door of this hub kept of the message and the request around it.
void take_kept(const json::object& kept, Outgoing& out) {
  out.manner = Manner::faithful;
  if (const json::object* metadata = json::object_at(kept, "metadata"))
    out.request.metadata = *metadata;
  if (const json::object* metadata = json::object_at(kept, "messageMetadata")) {
    out.request.message.metadata = *metadata;
  }
  const auto texts = [&](std::string_view key, std::vector<std::string>& into) {
    const json::array* list = json::array_at(kept, key);
    if (list == nullptr) return;
    into.clear();
    for (const json::value& entry : *list) {
      if (entry.is_string()) into.emplace_back(std::string_view(entry.get_string()));
    }
  };
  texts("extensions", out.request.message.extensions);
  texts("acceptedOutputModes", out.request.accepted_output_modes);
  texts("activate", out.request.activate);
}

}  // namespace

std::string conversation_of(const model::Call& call) {
  if (const json::object* args = args_object(call)) {
    const std::string_view named = json::string_at(*args, "context_id");
    if (!named.empty()) return std::string(named);
  }
  return call.context.str();
}

Outgoing write_call(const model::Call& call, const model::Skill& skill, bool known) {
  Outgoing out;
  Message& message = out.request.message;
  message.id = call.id.str();
  message.role = Speaker::user;
  out.conversation = conversation_of(call);
  if (const json::object* args = args_object(call);
      args != nullptr && skill.shape == model::Shape::converse) {
    out.task = json::string_at(*args, "task_id");
  }
  const bool json_wanted = call.gen.format == "json" || call.gen.format == "schema";
  out.request.accepted_output_modes = {"application/json"};
  if (!json_wanted)
    out.request.accepted_output_modes.insert(out.request.accepted_output_modes.begin(),
                                             "text/plain");
  const json::object* kept = json::object_at(call.meta, kMetaKey);
  if (kept != nullptr) {
    take_kept(*kept, out);
  } else if (!skill.raw.empty()) {
    message.metadata[kSkillMeta] = skill.id.str();
  }
  if (const json::object* shared = json::object_at(call.meta, hub::kSharedMeta))
    message.metadata[hub::kSharedMeta] = *shared;
  // An A2A caller's message goes on as it is; its arguments are among its parts.
  const bool as_it_is = kept != nullptr && !call.turns.empty();
  const bool by_args = call.args && !as_it_is;
  if (by_args)
    write_args(call, skill, out);
  else if (!call.turns.empty())
    write_turns(call, known, out);
  for (const model::Tensor& tensor : call.tensors) {
    model::Part part;
    part.body = tensor;
    message.parts.push_back(std::move(part));
  }
  if (message.parts.empty()) message.parts.push_back(model::Part::text(""));
  add_losses(out.losses, losses_of_call(call, {.media = !by_args}));
  return out;
}

}  // namespace weft::adapters::a2a
