#include "weft/dialogue/slots/slot.h"

#include <algorithm>
#include <array>

#include "weft/dialogue/language/vocabulary.h"
#include "weft/dialogue/limits.h"
#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

constexpr std::array<std::string_view, 13> kKindNames = {
    "text",      "number",   "integer", "boolean", "choice", "date", "time",
    "date_time", "duration", "money",   "email",   "phone",  "url"};

std::string written(const json::value& v) {
  if (v.is_bool()) return v.as_bool() ? "True" : "False";
  return v.is_string() ? std::string(v.as_string()) : json::write(v);
}

bool is_of_type(const json::value& v, std::string_view type) {
  if (type.empty()) return true;
  const std::string_view own = json::type_name(v);
  return own == type || (type == "number" && own == "integer") ||
         (type == "integer" && own == "number" && json::write(v).find('.') == std::string::npos);
}

/// The type that is not null; empty where none is said.
std::string_view type_of(const json::object& o) {
  const json::value* type = json::find(o, "type");
  if (type == nullptr) return {};
  if (type->is_string()) return type->as_string();
  if (!type->is_array()) return {};
  for (const auto& each : type->as_array()) {
    if (each.is_string() && each.as_string() != "null") return each.as_string();
  }
  return {};
}

SlotKind kind_of_format(std::string_view format) {
  if (format == "date") return SlotKind::date;
  if (format == "time") return SlotKind::time;
  if (format == "date-time") return SlotKind::date_time;
  if (format == "duration") return SlotKind::duration;
  if (format == "email" || format == "idn-email") return SlotKind::email;
  if (format == "uri" || format == "url" || format == "iri") return SlotKind::url;
  if (format == "phone" || format == "tel") return SlotKind::phone;
  return SlotKind::text;
}

class Reader {
 public:
  explicit Reader(const json::value& document) : document_(document) {}

  Result<void> read_object(const json::object& o, const std::string& prefix,
                           const std::string& pointer, bool required, int depth) {
    const json::object* properties = json::object_at(o, "properties");
    if (properties == nullptr || depth > kSlotDepthMax) return {};
    const json::array* needed = json::array_at(o, "required");
    for (const auto& [key, value] : *properties) {
      const std::string name(key);
      const bool is_required =
          required && needed != nullptr && std::ranges::any_of(*needed, [&](const auto& each) {
            return each.is_string() && each.as_string() == key;
          });
      WEFT_CHECK(read_property(value, prefix + name,
                               pointer + "/properties/" + json::escape_pointer(name), is_required,
                               depth));
    }
    return {};
  }

  std::vector<Slot> take() { return std::move(slots_); }

 private:
  /// What a reference to the document's own part means, at most kSlotDepthMax steps.
  const json::object* resolved(const json::value& v) const {
    const json::object* o = v.if_object();
    for (int step = 0; o != nullptr && step < kSlotDepthMax; ++step) {
      const std::string_view reference = json::string_at(*o, "$ref");
      if (!reference.starts_with('#')) return o;
      const json::value* target = json::at_pointer(document_, reference.substr(1));
      o = target != nullptr ? target->if_object() : nullptr;
    }
    return nullptr;
  }

  Result<void> read_property(const json::value& v, std::string name, const std::string& pointer,
                             bool required, int depth) {
    const json::object* o = resolved(v);
    Slot slot;
    slot.name = std::move(name);
    slot.required = required;
    if (o != nullptr) {
      const std::string_view type = type_of(*o);
      const bool nests =
          json::object_at(*o, "properties") != nullptr && (type.empty() || type == "object");
      if (nests) {
        if (depth >= kSlotDepthMax) return {};
        return read_object(*o, slot.name + ".", pointer, required, depth + 1);
      }
      slot.description = json::string_at(*o, "description");
      if (slot.description.empty()) slot.description = json::string_at(*o, "title");
      if (const json::value* initial = json::find(*o, "default"); initial && !initial->is_null())
        slot.initial = written(*initial);
      WEFT_CHECK(read_kind(*o, type, pointer, slot));
    }
    if (slots_.size() >= kSlotsMax)
      return fail(make_argument_error(
          pointer, "a schema has more than " + std::to_string(kSlotsMax) + " properties"));
    slots_.push_back(std::move(slot));
    return {};
  }

  static std::vector<const json::value*> constants_of(const json::object& o) {
    std::vector<const json::value*> out;
    if (const json::array* list = json::array_at(o, "enum")) {
      out.reserve(list->size());
      for (const auto& each : *list) out.push_back(&each);
      return out;
    }
    if (const json::value* constant = json::find(o, "const")) return {constant};
    for (const std::string_view key : {"oneOf", "anyOf"}) {
      const json::array* list = json::array_at(o, key);
      if (list == nullptr) continue;
      for (const auto& each : *list) {
        const json::value* constant = json::find(each, "const");
        if (constant != nullptr) out.push_back(constant);
      }
    }
    return out;
  }

  static Result<void> read_kind(const json::object& o, std::string_view type,
                                const std::string& pointer, Slot& slot) {
    const auto constants = constants_of(o);
    for (const json::value* each : constants) {
      if (each->is_null() || !is_of_type(*each, type)) continue;
      std::string text = written(*each);
      if (!std::ranges::contains(slot.choices, text)) slot.choices.push_back(std::move(text));
    }
    const bool has_list = json::find(o, "enum") != nullptr || !constants.empty();
    if (has_list && slot.choices.empty()) {
      return fail(make_argument_error(pointer, "no value can be right for `" + slot.name +
                                                   "`: none of its choices is of type `" +
                                                   std::string(type) + "`"));
    }
    if (type == "boolean") {
      slot.kind = SlotKind::boolean;
      slot.choices.clear();
    } else if (!slot.choices.empty()) {
      slot.kind = SlotKind::choice;
    } else if (type == "integer") {
      slot.kind = SlotKind::integer;
    } else if (type == "number") {
      const SlotKind said = kind_of_words(slot.name, slot.description);
      slot.kind = said == SlotKind::money ? said : SlotKind::number;
    } else {
      slot.kind = kind_of_format(json::string_at(o, "format"));
      if (slot.kind == SlotKind::text) slot.kind = kind_of_words(slot.name, slot.description);
      // Words alone do not make a string a truth value or one of a list.
      if (slot.kind == SlotKind::boolean || slot.kind == SlotKind::choice)
        slot.kind = SlotKind::text;
    }
    return {};
  }

  const json::value& document_;
  std::vector<Slot> slots_;
};

}  // namespace

std::string_view to_string(SlotKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

SlotKind kind_of_words(std::string_view name, std::string_view description) {
  // The last telling word of the name says what it is; only then the description's first.
  const auto kind_of = [](const std::string& word) {
    const auto words = english_vocabulary().kinds;
    const auto at = std::ranges::find(words, std::string_view(word), &KindWord::word);
    return at == words.end() ? SlotKind::text : static_cast<SlotKind>(at->kind);
  };
  std::vector<std::string> words = words_of(name);
  std::ranges::reverse(words);
  for (std::string& word : words_of(description)) words.push_back(std::move(word));
  for (const std::string& word : words) {
    if (const SlotKind kind = kind_of(word); kind != SlotKind::text) return kind;
  }
  return SlotKind::text;
}

Result<std::vector<Slot>> slots_of(const json::value& schema) {
  const json::object* o = schema.if_object();
  if (o == nullptr) return fail(make_argument_error("", "a schema of parameters is an object"));
  if (const std::string_view type = type_of(*o); !type.empty() && type != "object")
    return fail(
        make_argument_error("/type", "parameters are an object, not `" + std::string(type) + "`"));
  Reader reader(schema);
  WEFT_CHECK(reader.read_object(*o, "", "", true, 0));
  return reader.take();
}

}  // namespace weft::dialogue
