// Reading one mapping of the configuration: takes what it knows, says what is left. Owned by
// adapters/mqtt; pure.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/clock.h"
#include "weft/base/json.h"

namespace weft::adapters::mqtt {

/// `2m`, `30s`, `500ms` or seconds; nothing when it is none of these or not above zero.
std::optional<Milliseconds> duration_of(const json::value& value);

class MapReader {
 public:
  /// The section itself. Keeps a reference to it.
  explicit MapReader(const json::object& map) : map_(map), place_("mqtt") {}
  /// A mapping below it.
  MapReader below(std::string_view key, const json::object& map) const;

  bool has(std::string_view key) const { return json::find(map_, key) != nullptr; }
  const json::value* any(std::string_view key) const { return json::find(map_, key); }

  /// Unknown keys are an error that names those known.
  Result<void> check_keys(std::initializer_list<std::string_view> known) const;
  /// Of a key that is not there: nothing (or empty).
  Result<std::string> text(std::string_view key) const;
  Result<std::optional<bool>> flag(std::string_view key) const;
  Result<std::vector<std::string>> texts(std::string_view key) const;
  Result<const json::object*> map(std::string_view key) const;
  Result<Milliseconds> duration(std::string_view key, Milliseconds otherwise) const;

  /// `mqtt.skills.ride.request: WHAT`, with the JSON Pointer of it as the error's param; of the
  /// mapping itself where `key` is empty.
  std::unexpected<Error> wrong(std::string_view key, std::string_view what) const;

 private:
  MapReader(const json::object& map, std::string place, std::string pointer)
      : map_(map), place_(std::move(place)), pointer_(std::move(pointer)) {}
  std::unexpected<Error> wrong_kind(std::string_view key, std::string_view wanted) const;
  const json::object& map_;
  std::string place_;
  std::string pointer_;
};

}  // namespace weft::adapters::mqtt
