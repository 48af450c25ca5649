// Reading and writing the members of one JSON object in few words. Owned by model, for its codec
// alone; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"

namespace weft::model {

/// Reads members of an object; one that is missing leaves what it would set as it is, one of a
/// wrong type is the fault that done() reports (the first of them).
class Fields {
 public:
  /// Keeps a reference; a value that is no object is a fault.
  explicit Fields(const json::value& v);

  void text(std::string_view key, std::string& out);
  void flag(std::string_view key, bool& out);
  void flag(std::string_view key, std::optional<bool>& out);
  void integer(std::string_view key, std::int64_t& out);
  void integer(std::string_view key, int& out);
  void integer(std::string_view key, std::optional<std::int64_t>& out);
  void number(std::string_view key, double& out);
  void number(std::string_view key, std::optional<double>& out);
  void object(std::string_view key, json::object& out);
  /// Any value; null counts as present.
  void value(std::string_view key, std::optional<json::value>& out);
  void texts(std::string_view key, std::vector<std::string>& out);
  void integers(std::string_view key, std::vector<std::int64_t>& out);
  /// Base64.
  void bytes(std::string_view key, std::string& out);
  /// Each item of an array, read by a function that gives a Result.
  template <class T, class Read>
  void list(std::string_view key, std::vector<T>& out, Read read) {
    const json::array* items = array(key);
    if (!items) return;
    out.reserve(items->size());
    for (const auto& item : *items) {
      auto one = read(item);
      if (!one) return fault(std::move(one).error());
      out.push_back(*std::move(one));
    }
  }
  const json::value* find(std::string_view key) const;
  const json::array* array(std::string_view key);
  void wrong(std::string_view key, std::string_view expected);
  void fault(Error error);
  Result<void> done();

 private:
  const json::object* object_ = nullptr;
  std::optional<Error> fault_;
};

/// Text as JSON may hold it: bytes that are not UTF-8 become U+FFFD, for a document that cannot be
/// read again is worse.
json::value text_value(std::string_view text);
/// Each writes nothing where the value is the empty one.
void put(json::object& o, std::string_view key, std::string_view text);
void put(json::object& o, std::string_view key, bool flag);
void put(json::object& o, std::string_view key, const json::object& member);
void put(json::object& o, std::string_view key, const std::vector<std::string>& texts);
void put_bytes(json::object& o, std::string_view key, std::string_view bytes);
template <class T>
void put(json::object& o, std::string_view key, const std::optional<T>& member) {
  if (member) o[key] = *member;
}
template <class T, class Write>
void put_list(json::object& o, std::string_view key, const std::vector<T>& items, Write write) {
  if (items.empty()) return;
  json::array out;
  out.reserve(items.size());
  for (const auto& item : items) out.push_back(write(item));
  o[key] = std::move(out);
}

}  // namespace weft::model
