// JSON: Boost.JSON as the DOM, read under weft's limits. Owned by base; values belong to who holds
// them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

/// One whole document in UTF-8 (checked), at most kJsonDepthMax deep and `bytes_max` long. Errors
/// say the byte offset.
Result<value> parse(std::string_view text, std::size_t bytes_max);
Result<value> parse(std::string_view text);
/// The same, refusing all but an object; `what` names it in the message.
Result<object> parse_object(std::string_view text, std::string_view what);
/// Compact, keys in their order; a double as the shortest digits that read back as it.
std::string write(const value& v);
std::string write(const object& o);
void write(std::string& out, const value& v);
void write(std::string& out, const object& o);
/// For a text that is put together from several: this thread's own, empty, already large. Means
/// nothing after the next scratch() or write() that returns a text; taken() makes it the caller's.
std::string& scratch();
std::string taken(std::string& text);
/// Indented by two, for people.
std::string write_pretty(const value& v);

/// The member, or nullptr when `v` is no object or has none of the name.
const value* find(const value& v, std::string_view key);
const value* find(const object& o, std::string_view key);
/// The member as that type; nothing (or empty, or 0) when missing or of another type.
std::string_view string_at(const object& o, std::string_view key);
std::optional<std::int64_t> int_at(const object& o, std::string_view key);
std::optional<double> number_at(const object& o, std::string_view key);
std::optional<bool> bool_at(const object& o, std::string_view key);
const object* object_at(const object& o, std::string_view key);
const array* array_at(const object& o, std::string_view key);

/// The value at an RFC 6901 pointer; nullptr when there is none.
const value* at_pointer(const value& v, std::string_view pointer);
/// One reference token escaped for use in a JSON Pointer.
std::string escape_pointer(std::string_view token);
/// The word for a value's type as JSON Schema spells it: null, boolean, integer, number, string,
/// array, object.
std::string_view type_name(const value& v);

}  // namespace weft::json
