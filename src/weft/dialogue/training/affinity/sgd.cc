#include "weft/dialogue/training/affinity/sgd.h"

#include <algorithm>
#include <format>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

namespace weft::dialogue {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;

Result<json::array> read_array(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(Reason::invalid_argument, std::format("`{}` cannot be read", file.string()));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  WEFT_TRY(json::value document, json::parse(text, kFileBytesMax));
  if (!document.is_array())
    return fail(Reason::invalid_argument, std::format("`{}` holds no list", file.string()));
  return std::move(document.get_array());
}

/// The members of a list that are objects.
std::vector<const json::object*> objects_at(const json::object& object, std::string_view key) {
  std::vector<const json::object*> out;
  const json::array* array = json::array_at(object, key);
  if (array == nullptr) return out;
  out.reserve(array->size());
  for (const json::value& each : *array) {
    if (each.is_object()) out.push_back(&each.get_object());
  }
  return out;
}

RoutedParameter parameter_of(const json::object& slot) {
  RoutedParameter out;
  out.name = json::string_at(slot, "name");
  out.description = json::string_at(slot, "description");
  const json::array* values = json::array_at(slot, "possible_values");
  if (values == nullptr || !json::bool_at(slot, "is_categorical").value_or(false)) return out;
  for (const json::value& each : *values) {
    if (each.is_string()) out.choices.emplace_back(each.get_string());
  }
  return out;
}

using Slots = std::map<std::string, RoutedParameter, std::less<>>;

void add_parameter(const Slots& slots, std::string_view name, RoutedSkill& skill) {
  if (const auto at = slots.find(name); at != slots.end()) skill.parameters.push_back(at->second);
}

RoutedSkill skill_of(const json::object& service, const json::object& intent, const Slots& slots) {
  RoutedSkill out;
  out.name = json::string_at(intent, "name");
  out.id = std::format("{}/{}", json::string_at(service, "service_name"), out.name);
  out.description = std::format("{}. {}", json::string_at(intent, "description"),
                                json::string_at(service, "description"));
  if (const json::array* required = json::array_at(intent, "required_slots")) {
    for (const json::value& each : *required) {
      if (each.is_string()) add_parameter(slots, each.get_string(), out);
    }
  }
  if (const json::object* optional = json::object_at(intent, "optional_slots")) {
    for (const auto& [name, value] : *optional) add_parameter(slots, name, out);
  }
  return out;
}

void add_intents(const json::object& turn, std::vector<IntentTurn>& out) {
  const std::string_view text = json::string_at(turn, "utterance");
  for (const json::object* frame : objects_at(turn, "frames")) {
    for (const json::object* action : objects_at(*frame, "actions")) {
      if (json::string_at(*action, "act") != "INFORM_INTENT") continue;
      const json::array* values = json::array_at(*action, "values");
      if (values == nullptr) continue;
      for (const json::value& each : *values) {
        if (!each.is_string()) continue;
        out.push_back({.text = std::string(text),
                       .skill = std::format("{}/{}", json::string_at(*frame, "service"),
                                            std::string_view(each.get_string()))});
      }
    }
  }
}

}  // namespace

Result<std::vector<RoutedSkill>> read_sgd_skills(const std::filesystem::path& file) {
  WEFT_TRY(const json::array services, read_array(file));
  std::vector<RoutedSkill> out;
  for (const json::value& each : services) {
    if (!each.is_object()) continue;
    const json::object& service = each.get_object();
    Slots slots;
    for (const json::object* slot : objects_at(service, "slots"))
      slots.emplace(json::string_at(*slot, "name"), parameter_of(*slot));
    for (const json::object* intent : objects_at(service, "intents"))
      out.push_back(skill_of(service, *intent, slots));
  }
  if (out.empty())
    return fail(Reason::invalid_argument, std::format("`{}` has no intent", file.string()));
  return out;
}

Result<SgdSayings> read_sgd_sayings(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("dialogues_") && name.ends_with(".json")) files.push_back(entry.path());
  }
  if (files.empty())
    return fail(Reason::invalid_argument,
                std::format("`{}` has no dialogues_*.json", folder.string()));
  std::ranges::sort(files);
  SgdSayings out;
  for (const auto& file : files) {
    WEFT_TRY(const json::array dialogues, read_array(file));
    for (const json::value& dialogue : dialogues) {
      if (!dialogue.is_object()) continue;
      for (const json::object* turn : objects_at(dialogue.get_object(), "turns")) {
        out.utterances.emplace_back(json::string_at(*turn, "utterance"));
        if (json::string_at(*turn, "speaker") == "USER") add_intents(*turn, out.intents);
      }
    }
  }
  return out;
}

}  // namespace weft::dialogue
