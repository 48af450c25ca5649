// Reading the members of one JSON object, saying where a value is wrong. Owned by adapters/a2a;
// pure, refers to the object it reads.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::adapters::a2a {

/// Names are given in camelCase; their snake_case spelling is read too, and null counts as missing
/// (ProtoJSON).
class Fields {
 public:
  /// Errors when the value is no object; `path` is the JSON Pointer it was found at.
  static Result<Fields> of(const json::value& v, std::string path);
  Fields(const json::object& object, std::string path) : object_(object), path_(std::move(path)) {}

  const json::value* find(std::string_view key) const;
  std::string path_of(std::string_view key) const;
  const std::string& path() const { return path_; }

  /// Missing gives the empty value; another type is an error.
  Result<std::string> text(std::string_view key) const;
  Result<std::string> needed_text(std::string_view key) const;
  Result<json::object> object(std::string_view key) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key) const;
  Result<bool> boolean(std::string_view key, bool otherwise) const;
  Result<std::vector<std::string>> texts(std::string_view key) const;
  /// Each entry of a list read by `read(value, path)`; at most kListMax.
  template <class T, class Read>
  Result<std::vector<T>> list(std::string_view key, Read read) const {
    std::vector<T> out;
    WEFT_TRY(const json::array* array, entries(key));
    if (array == nullptr) return out;
    out.reserve(array->size());
    for (std::size_t i = 0; i < array->size(); ++i) {
      WEFT_TRY(auto entry, read((*array)[i], path_of(key) + "/" + std::to_string(i)));
      out.push_back(std::move(entry));
    }
    return out;
  }
  /// Every member but these (in either spelling).
  json::object others(std::initializer_list<std::string_view> known) const;

 private:
  Result<const json::array*> entries(std::string_view key) const;
  const json::object& object_;
  std::string path_;
};

/// `PATH: expected WANTED, got TYPE`.
Error wrong_type(const std::string& path, std::string_view wanted, const json::value& got);

}  // namespace weft::adapters::a2a
