#include "weft/dialogue/replay/sgd.h"

#include <algorithm>

#include "weft/base/file.h"
#include "weft/base/json.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kSgdFileBytesMax = 64U << 20;

std::string text_of(const json::value& v) {
  return v.is_string() ? std::string(v.as_string()) : json::write(v);
}

std::vector<std::string> texts_at(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  const json::array* list = json::array_at(o, key);
  if (list == nullptr) return out;
  out.reserve(list->size());
  for (const auto& each : *list) out.push_back(text_of(each));
  return out;
}

std::vector<const json::object*> objects_at(const json::object& o, std::string_view key) {
  std::vector<const json::object*> out;
  const json::array* list = json::array_at(o, key);
  if (list == nullptr) return out;
  out.reserve(list->size());
  for (const auto& each : *list) {
    if (each.is_object()) out.push_back(&each.as_object());
  }
  return out;
}

SgdFields fields_of(const json::object& o) {
  SgdFields out;
  out.reserve(o.size());
  for (const auto& [key, value] : o) out.emplace_back(std::string(key), text_of(value));
  return out;
}

/// Where the character of that number begins.
std::size_t byte_of(std::string_view text, std::int64_t character) {
  std::int64_t count = -1;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && ++count == character) return at;
  }
  return text.size();
}

SgdState state_of(const json::object& o) {
  SgdState out{.active_intent = std::string(json::string_at(o, "active_intent")),
               .requested = texts_at(o, "requested_slots"),
               .values = {}};
  if (const json::object* values = json::object_at(o, "slot_values")) {
    out.values.reserve(values->size());
    for (const auto& [slot, spellings] : *values) {
      out.values.emplace_back(std::string(slot), texts_at(*values, slot));
    }
  }
  return out;
}

SgdFrame frame_of(const json::object& o, std::string_view utterance) {
  SgdFrame out;
  out.service = json::string_at(o, "service");
  for (const json::object* act : objects_at(o, "actions")) {
    out.acts.push_back({.act = std::string(json::string_at(*act, "act")),
                        .slot = std::string(json::string_at(*act, "slot")),
                        .values = texts_at(*act, "values"),
                        .canonical = texts_at(*act, "canonical_values")});
  }
  for (const json::object* span : objects_at(o, "slots")) {
    out.spans.push_back(
        {.slot = std::string(json::string_at(*span, "slot")),
         .begin = byte_of(utterance, json::int_at(*span, "start").value_or(0)),
         .end = byte_of(utterance, json::int_at(*span, "exclusive_end").value_or(0))});
  }
  if (const json::object* state = json::object_at(o, "state")) out.state = state_of(*state);
  if (const json::object* call = json::object_at(o, "service_call")) {
    const json::object* parameters = json::object_at(*call, "parameters");
    out.call = SgdCall{.method = std::string(json::string_at(*call, "method")),
                       .parameters = parameters != nullptr ? fields_of(*parameters) : SgdFields()};
  }
  for (const json::object* result : objects_at(o, "service_results"))
    out.results.push_back(fields_of(*result));
  return out;
}

Slot slot_of(const json::object& o) {
  Slot out;
  out.name = json::string_at(o, "name");
  out.description = json::string_at(o, "description");
  std::vector<std::string> values = texts_at(o, "possible_values");
  if (!json::bool_at(o, "is_categorical").value_or(false) || values.empty()) {
    out.kind = kind_of_words(out.name, out.description);
    if (out.kind == SlotKind::boolean || out.kind == SlotKind::choice) out.kind = SlotKind::text;
    return out;
  }
  const auto is_truth = [](const std::string& value) { return value == kTrue || value == kFalse; };
  if (std::ranges::all_of(values, is_truth)) {
    out.kind = SlotKind::boolean;
    return out;
  }
  out.kind = SlotKind::choice;
  out.choices = std::move(values);
  return out;
}

Result<std::size_t> known_slot(const Form& form, std::string_view name, std::string_view skill) {
  if (const auto at = form.slot(name)) return *at;
  return fail(Reason::invalid_argument, "skill `" + std::string(skill) + "` of `" + form.name +
                                            "` names a slot it has not: " + std::string(name));
}

Result<FormSkill> skill_of(const json::object& o, const Form& form) {
  FormSkill out;
  out.name = json::string_at(o, "name");
  out.description = json::string_at(o, "description");
  out.transactional = json::bool_at(o, "is_transactional").value_or(false);
  for (const std::string& name : texts_at(o, "required_slots")) {
    WEFT_TRY(const std::size_t slot, known_slot(form, name, out.name));
    out.required.push_back(slot);
  }
  if (const json::object* optional = json::object_at(o, "optional_slots")) {
    for (const auto& [name, initial] : *optional) {
      WEFT_TRY(const std::size_t slot, known_slot(form, name, out.name));
      out.optional.push_back({slot, text_of(initial)});
    }
  }
  for (const std::string& name : texts_at(o, "result_slots")) {
    WEFT_TRY(const std::size_t slot, known_slot(form, name, out.name));
    out.results.push_back(slot);
  }
  return out;
}

}  // namespace

const std::vector<std::string>* SgdState::find(std::string_view slot) const {
  for (const auto& [name, spellings] : values) {
    if (name == slot) return &spellings;
  }
  return nullptr;
}

bool SgdFrame::has(std::string_view act) const {
  return std::ranges::any_of(acts, [&](const SgdAct& each) { return each.act == act; });
}

Result<std::vector<Form>> sgd_forms_of(const json::value& schema) {
  if (!schema.is_array()) return fail(make_argument_error("", "a schema is a list of services"));
  std::vector<Form> out;
  out.reserve(schema.as_array().size());
  for (const auto& each : schema.as_array()) {
    if (!each.is_object()) return fail(make_argument_error("", "a service is an object"));
    const json::object& o = each.as_object();
    Form form;
    form.name = json::string_at(o, "service_name");
    form.description = json::string_at(o, "description");
    for (const json::object* slot : objects_at(o, "slots")) form.slots.push_back(slot_of(*slot));
    for (const json::object* intent : objects_at(o, "intents")) {
      WEFT_TRY(FormSkill skill, skill_of(*intent, form));
      form.skills.push_back(std::move(skill));
    }
    out.push_back(std::move(form));
  }
  return out;
}

Result<std::vector<Form>> read_sgd_schema(const std::filesystem::path& file) {
  WEFT_TRY(const std::string text, read_file(file, kSgdFileBytesMax));
  WEFT_TRY(const json::value document, json::parse(text, kSgdFileBytesMax));
  return sgd_forms_of(document);
}

Result<std::vector<std::filesystem::path>> sgd_files_of(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> out;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with("dialogues_") && name.ends_with(".json")) out.push_back(at->path());
  }
  if (error || out.empty())
    return fail(Reason::invalid_argument,
                "no file `dialogues_*.json` in `" + folder.string() + "`");
  std::ranges::sort(out);
  return out;
}

Result<std::vector<SgdDialogue>> sgd_dialogues_of(const json::value& document) {
  if (!document.is_array())
    return fail(make_argument_error("", "a file of dialogues is a list of them"));
  std::vector<SgdDialogue> out;
  out.reserve(document.as_array().size());
  for (const auto& each : document.as_array()) {
    if (!each.is_object()) return fail(make_argument_error("", "a dialogue is an object"));
    const json::object& o = each.as_object();
    SgdDialogue dialogue{.id = std::string(json::string_at(o, "dialogue_id")),
                         .services = texts_at(o, "services"),
                         .turns = {}};
    for (const json::object* turn : objects_at(o, "turns")) {
      SgdTurn read{.user = json::string_at(*turn, "speaker") == "USER",
                   .utterance = std::string(json::string_at(*turn, "utterance")),
                   .frames = {}};
      for (const json::object* frame : objects_at(*turn, "frames"))
        read.frames.push_back(frame_of(*frame, read.utterance));
      dialogue.turns.push_back(std::move(read));
    }
    out.push_back(std::move(dialogue));
  }
  return out;
}

Result<std::vector<SgdDialogue>> read_sgd_dialogues(const std::filesystem::path& file) {
  WEFT_TRY(const std::string text, read_file(file, kSgdFileBytesMax));
  WEFT_TRY(const json::value document, json::parse(text, kSgdFileBytesMax));
  return sgd_dialogues_of(document);
}

}  // namespace weft::dialogue
