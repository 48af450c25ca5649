#include "weft/adapters/mqtt/config_reader.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "weft/adapters/mqtt/limits.h"
#include "weft/base/text.h"
#include "weft/hub/nearest.h"

namespace weft::adapters::mqtt {
namespace {

constexpr std::size_t kKeyBytesShown = 64;

}  // namespace

std::optional<Milliseconds> duration_of(const json::value& value) {
  std::int64_t count = 0;
  std::string_view unit = "s";
  if (value.is_int64()) {
    count = value.get_int64();
  } else if (value.is_string()) {
    const std::string_view text = value.get_string();
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc()) return std::nullopt;
    unit = std::string_view(read.ptr, text.data() + text.size());
  } else {
    return std::nullopt;
  }
  const std::int64_t factor = unit == "ms"                  ? 1
                              : unit == "s" || unit.empty() ? 1'000
                              : unit == "m"                 ? 60'000
                              : unit == "h"                 ? 3'600'000
                                                            : 0;
  if (factor == 0 || count <= 0 || count > kTimeMax.count() / factor) return std::nullopt;
  return Milliseconds(count * factor);
}

MapReader MapReader::below(std::string_view key, const json::object& map) const {
  return {map, std::format("{}.{}", place_, key),
          std::format("{}/{}", pointer_, json::escape_pointer(key))};
}

std::unexpected<Error> MapReader::wrong(std::string_view key, std::string_view what) const {
  if (key.empty()) return fail(make_argument_error(pointer_, std::format("{}: {}", place_, what)));
  return fail(make_argument_error(std::format("{}/{}", pointer_, json::escape_pointer(key)),
                                  std::format("{}.{}: {}", place_, key, what)));
}

std::unexpected<Error> MapReader::wrong_kind(std::string_view key, std::string_view wanted) const {
  return wrong(key, std::format("expected {}, got {}", wanted, json::type_name(*any(key))));
}

Result<void> MapReader::check_keys(std::initializer_list<std::string_view> known) const {
  for (const auto& member : map_) {
    const std::string_view key = member.key();
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::vector<std::string> names(known.begin(), known.end());
    return wrong(beginning_of(key, kKeyBytesShown),
                 std::format("this key is not known; those that are: {}",
                             hub::quoted_list({known.begin(), known.end()})));
  }
  return {};
}

Result<std::string> MapReader::text(std::string_view key) const {
  const json::value* value = any(key);
  if (value == nullptr) return std::string();
  if (!value->is_string() || value->get_string().empty()) return wrong_kind(key, "a text");
  return std::string(value->get_string());
}

Result<std::optional<bool>> MapReader::flag(std::string_view key) const {
  const json::value* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) return wrong_kind(key, "true or false");
  return value->get_bool();
}

Result<std::vector<std::string>> MapReader::texts(std::string_view key) const {
  std::vector<std::string> out;
  const json::value* value = any(key);
  if (value == nullptr) return out;
  if (!value->is_array()) return wrong_kind(key, "a list of texts");
  const json::array& list = value->get_array();
  if (list.size() > kStateWordsMax)
    return wrong(key, std::format("more than {} entries", kStateWordsMax));
  out.reserve(list.size());
  for (const auto& item : list) {
    if (!item.is_string()) return wrong(key, "expected a list of texts");
    out.emplace_back(item.get_string());
  }
  return out;
}

Result<const json::object*> MapReader::map(std::string_view key) const {
  const json::value* value = any(key);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) return wrong_kind(key, "a mapping");
  return &value->get_object();
}

Result<Milliseconds> MapReader::duration(std::string_view key, Milliseconds otherwise) const {
  const json::value* value = any(key);
  if (value == nullptr) return otherwise;
  const auto out = duration_of(*value);
  if (!out) return wrong(key, "expected a duration: 500ms, 15s, 2m, 1h (a day at most)");
  return *out;
}

}  // namespace weft::adapters::mqtt
