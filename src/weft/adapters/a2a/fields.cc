#include "weft/adapters/a2a/fields.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/a2a/limits.h"

namespace weft::adapters::a2a {
namespace {

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }

/// Whether `name` is the snake_case spelling of `camel`.
bool is_snake_of(std::string_view name, std::string_view camel) {
  std::size_t at = 0;
  for (const char c : camel) {
    if (is_capital(c)) {
      if (name.substr(at, 1) != "_") return false;
      ++at;
    }
    const char wanted = is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
    if (at >= name.size() || name[at] != wanted) return false;
    ++at;
  }
  return at == name.size();
}

}  // namespace

Error wrong_type(const std::string& path, std::string_view wanted, const json::value& got) {
  const std::string_view where = path.empty() ? "the message" : std::string_view(path);
  return make_argument_error(
      path, std::format("{}: expected {}, got {}", where, wanted, json::type_name(got)));
}

Result<Fields> Fields::of(const json::value& v, std::string path) {
  if (!v.is_object()) return fail(wrong_type(path, "an object", v));
  return Fields(v.get_object(), std::move(path));
}

const json::value* Fields::find(std::string_view key) const {
  const json::value* v = json::find(object_, key);
  if (v == nullptr && std::ranges::any_of(key, is_capital)) {
    for (const auto& member : object_) {
      if (is_snake_of(member.key(), key)) v = &member.value();
    }
  }
  return v != nullptr && v->is_null() ? nullptr : v;
}

std::string Fields::path_of(std::string_view key) const {
  return path_ + "/" + json::escape_pointer(key);
}

Result<std::string> Fields::text(std::string_view key) const {
  const json::value* v = find(key);
  if (v == nullptr) return std::string();
  if (!v->is_string()) return fail(wrong_type(path_of(key), "a string", *v));
  return std::string(v->get_string());
}

Result<std::string> Fields::needed_text(std::string_view key) const {
  WEFT_TRY(auto found, text(key));
  if (found.empty()) {
    const std::string path = path_of(key);
    return fail(make_argument_error(path, std::format("{}: a non-empty string is required", path)));
  }
  return found;
}

Result<json::object> Fields::object(std::string_view key) const {
  const json::value* v = find(key);
  if (v == nullptr) return json::object();
  if (!v->is_object()) return fail(wrong_type(path_of(key), "an object", *v));
  return v->get_object();
}

Result<std::optional<std::int64_t>> Fields::integer(std::string_view key) const {
  const json::value* v = find(key);
  if (v == nullptr) return std::optional<std::int64_t>();
  if (v->is_int64()) return std::optional<std::int64_t>(v->get_int64());
  if (v->is_string()) {
    const std::string_view digits = v->get_string();
    std::int64_t number = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem == std::errc() && end == digits.data() + digits.size() && !digits.empty()) {
      return std::optional<std::int64_t>(number);
    }
  }
  return fail(wrong_type(path_of(key), "an integer", *v));
}

Result<bool> Fields::boolean(std::string_view key, bool otherwise) const {
  const json::value* v = find(key);
  if (v == nullptr) return otherwise;
  if (!v->is_bool()) return fail(wrong_type(path_of(key), "a boolean", *v));
  return v->get_bool();
}

Result<const json::array*> Fields::entries(std::string_view key) const {
  const json::value* v = find(key);
  if (v == nullptr) return nullptr;
  if (!v->is_array()) return fail(wrong_type(path_of(key), "a list", *v));
  if (v->get_array().size() > kListMax) {
    return fail(Reason::too_large, std::format("{}: more than {} entries", path_of(key), kListMax));
  }
  return &v->get_array();
}

Result<std::vector<std::string>> Fields::texts(std::string_view key) const {
  return list<std::string>(
      key, [](const json::value& v, const std::string& path) -> Result<std::string> {
        if (!v.is_string()) return fail(wrong_type(path, "a string", v));
        return std::string(v.get_string());
      });
}

json::object Fields::others(std::initializer_list<std::string_view> known) const {
  json::object out;
  for (const auto& member : object_) {
    const std::string_view key = member.key();
    const bool is_known = std::ranges::any_of(
        known, [&](std::string_view name) { return name == key || is_snake_of(key, name); });
    if (!is_known) out[key] = member.value();
  }
  return out;
}

}  // namespace weft::adapters::a2a
