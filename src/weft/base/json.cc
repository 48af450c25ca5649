#include "weft/base/json.h"

#include <boost/json/parse_options.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/stream_parser.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <format>

#include "weft/base/limits.h"

namespace weft::json {
namespace {

boost::json::parse_options options() {
  boost::json::parse_options o;
  o.max_depth = kJsonDepthMax;
  o.allow_invalid_utf8 = false;
  // The fast reading of doubles is off by one unit in the last place now and then: a value would
  // change on its way.
  o.numbers = boost::json::number_precision::precise;
  return o;
}

/// The index of the quote that ends the string begun before `at`; the text's size when none does.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at, text.size());
}

/// Whether so many digits stand together anywhere, strings included. A run of that length covers a
/// place that is looked at: few are.
bool has_digit_run(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = kJsonNumberCharsMax; at < text.size(); at += kJsonNumberCharsMax) {
    std::size_t begin = at;
    std::size_t end = at;
    while (digit(begin) && begin > 0 && end - begin <= kJsonNumberCharsMax) --begin;
    while (end < text.size() && digit(end) && end - begin <= kJsonNumberCharsMax) ++end;
    if (end - begin > kJsonNumberCharsMax) return true;
  }
  return false;
}

/// Boost.JSON turns digits into a double whatever their count: a million digits would cost their
/// reading.
bool has_endless_number(std::string_view text) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') i = end_of_string(text, i + 1);
    run = (c >= '0' && c <= '9') ? run + 1 : 0;
    if (run > kJsonNumberCharsMax) return true;
  }
  return false;
}

/// Whether more than `most` of these marks stand outside of strings. Whether there are so many at
/// all is seen first.
bool has_more_than(std::string_view text, std::string_view marks, std::size_t most) {
  std::size_t anywhere = 0;
  for (const char mark : marks)
    anywhere += static_cast<std::size_t>(std::ranges::count(text, mark));
  if (anywhere <= most) return false;
  std::size_t found = 0;
  for (std::size_t i = 0; i < text.size() && found <= most; ++i) {
    if (text[i] == '"')
      i = end_of_string(text, i + 1);
    else if (marks.contains(text[i]))
      ++found;
  }
  return found > most;
}

/// Members cost far more than their bytes: looking each up among those before it, and a place for
/// each. The shortest is `"":0,`.
bool has_too_many_members(std::string_view text) {
  return text.size() / 5 > kJsonMembersMax && has_more_than(text, ":", kJsonMembersMax);
}

/// So do values, if less. The shortest is `0,`.
bool has_too_many_values(std::string_view text) {
  return text.size() / 2 > kJsonValuesMax && has_more_than(text, ",[{", kJsonValuesMax);
}

/// A number beyond what a double holds was read as infinite, which no JSON can say again.
bool has_infinite(const value& v) {
  if (const auto* number = v.if_double()) return !std::isfinite(*number);
  if (const auto* list = v.if_array()) return std::ranges::any_of(*list, has_infinite);
  if (const auto* o = v.if_object())
    return std::ranges::any_of(*o, [](const auto& pair) { return has_infinite(pair.value()); });
  return false;
}

}  // namespace

Result<value> parse(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return fail(
        Reason::too_large,
        std::format("the JSON text is {} bytes long; at most {} are read", text.size(), bytes_max));
  }
  if (has_digit_run(text) && has_endless_number(text)) {
    return fail(
        Reason::invalid_argument,
        std::format("a number in the JSON text has more than {} digits", kJsonNumberCharsMax));
  }
  if (has_too_many_members(text)) {
    return fail(Reason::too_large,
                std::format("the JSON text has more than {} members", kJsonMembersMax));
  }
  if (has_too_many_values(text)) {
    return fail(Reason::too_large,
                std::format("the JSON text has more than {} values", kJsonValuesMax));
  }
  // Its stack begins here; only a large document needs more.
  std::array<unsigned char, 4096> room;
  boost::json::parser parser({}, options(), room.data(), room.size());
  boost::system::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) {
    return fail(Reason::invalid_argument,
                std::format("the JSON text goes on after its end, at byte {}", read));
  }
  if (error) {
    return fail(Reason::invalid_argument,
                std::format("the text is not JSON: {} at byte {}", error.message(), read));
  }
  value read_value = parser.release();
  if (has_infinite(read_value)) {
    return fail(Reason::invalid_argument, "a number in the JSON text is larger than any double");
  }
  return read_value;
}

Result<value> parse(std::string_view text) { return parse(text, kJsonBytesMax); }

Result<object> parse_object(std::string_view text, std::string_view what) {
  WEFT_TRY(value v, parse(text));
  if (!v.is_object()) {
    return fail(Reason::invalid_argument,
                std::format("{} must be a JSON object, not {}", what, type_name(v)));
  }
  return std::move(v.as_object());
}

const value* find(const object& o, std::string_view key) { return o.if_contains(key); }

const value* find(const value& v, std::string_view key) {
  const auto* o = v.if_object();
  return o ? o->if_contains(key) : nullptr;
}

std::string_view string_at(const object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v && v->is_string() ? std::string_view(v->get_string()) : std::string_view();
}

std::optional<std::int64_t> int_at(const object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  if (!v || !v->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto n = v->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional(n);
}

std::optional<double> number_at(const object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  if (!v || !v->is_number()) return std::nullopt;
  return v->to_number<double>();
}

std::optional<bool> bool_at(const object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v && v->is_bool() ? std::optional(v->get_bool()) : std::nullopt;
}

const object* object_at(const object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v ? v->if_object() : nullptr;
}

const array* array_at(const object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v ? v->if_array() : nullptr;
}

const value* at_pointer(const value& v, std::string_view pointer) {
  boost::system::error_code error;
  return v.find_pointer(pointer, error);
}

std::string escape_pointer(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view type_name(const value& v) {
  switch (v.kind()) {
    case boost::json::kind::null: return "null";
    case boost::json::kind::bool_: return "boolean";
    case boost::json::kind::int64:
    case boost::json::kind::uint64: return "integer";
    case boost::json::kind::double_: return "number";
    case boost::json::kind::string: return "string";
    case boost::json::kind::array: return "array";
    case boost::json::kind::object: return "object";
  }
  return "null";
}

}  // namespace weft::json
