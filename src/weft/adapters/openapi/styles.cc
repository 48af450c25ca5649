#include "weft/adapters/openapi/styles.h"

#include <format>

#include "weft/wire/http.h"

namespace weft::adapters::openapi {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// With allowReserved the sub-delimiters that part nothing in a query stay as they are.
std::string encode(std::string_view text, bool allow_reserved) {
  if (!allow_reserved) return percent_encode(text);
  std::string out;
  for (const char c : text) {
    if (std::string_view(":/?@!$'()*,;").contains(c)) {
      out += c;
    } else {
      out += percent_encode(std::string_view(&c, 1));
    }
  }
  return out;
}

/// The values of an array, or the keys and values of an object, encoded; a scalar gives one.
Pairs pairs_of(const json::value& value, bool allow_reserved) {
  Pairs pairs;
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list)
      pairs.emplace_back("", encode(plain_text_of(item), allow_reserved));
  } else if (const auto* o = value.if_object()) {
    for (const auto& [key, item] : *o) {
      pairs.emplace_back(percent_encode(key), encode(plain_text_of(item), allow_reserved));
    }
  } else {
    pairs.emplace_back("", encode(plain_text_of(value), allow_reserved));
  }
  return pairs;
}

/// `a,b,c`, `k,v,k,v`, or with `explode` `k=v,k=v`.
std::string joined(const Pairs& pairs, std::string_view comma, bool explode) {
  std::string out;
  for (const auto& [key, value] : pairs) {
    if (&value != &pairs.front().second) out += comma;
    if (!key.empty()) {
      out += key;
      out += explode ? std::string_view("=") : comma;
    }
    out += value;
  }
  return out;
}

std::string matrix(const Parameter& parameter, const json::value& value) {
  const Pairs pairs = pairs_of(value, false);
  const std::string name = percent_encode(parameter.name);
  if (!value.is_array() && !value.is_object())
    return std::format(";{}={}", name, pairs.front().second);
  if (!parameter.explode)
    return pairs.empty() ? std::string() : std::format(";{}={}", name, joined(pairs, ",", false));
  std::string out;
  for (const auto& [key, item] : pairs)
    out += std::format(";{}={}", key.empty() ? name : key, item);
  return out;
}

void append_pair(std::string& out, std::string_view separator, std::string_view key,
                 std::string_view value) {
  if (!out.empty()) out += separator;
  out += key;
  out += '=';
  out += value;
}

/// The form style, in a query (`&`) or a cookie (`; `).
void append_form(std::string& out, std::string_view separator, const Parameter& parameter,
                 const json::value& value) {
  const Pairs pairs = pairs_of(value, parameter.allow_reserved);
  const std::string name = percent_encode(parameter.name);
  if (!parameter.explode || (!value.is_array() && !value.is_object())) {
    append_pair(out, separator, name, joined(pairs, ",", false));
    return;
  }
  for (const auto& [key, item] : pairs) append_pair(out, separator, key.empty() ? name : key, item);
}

void append_deep(std::string& out, const std::string& name, const json::value& value,
                 bool allow_reserved, int depth) {
  const auto* o = value.if_object();
  if (o && depth < 8) {
    for (const auto& [key, item] : *o) {
      append_deep(out, std::format("{}%5B{}%5D", name, percent_encode(key)), item, allow_reserved,
                  depth + 1);
    }
    return;
  }
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list)
      append_pair(out, "&", name, encode(plain_text_of(item), allow_reserved));
    return;
  }
  append_pair(out, "&", name, encode(plain_text_of(value), allow_reserved));
}

std::string raw_joined(const json::value& value, bool explode) {
  std::string out;
  const auto add = [&](std::string_view piece) {
    if (!out.empty()) out += ',';
    out += piece;
  };
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) add(plain_text_of(item));
  } else if (const auto* o = value.if_object()) {
    for (const auto& [key, item] : *o) {
      const std::string_view name = key;
      add(explode ? std::format("{}={}", name, plain_text_of(item))
                  : std::format("{},{}", name, plain_text_of(item)));
    }
  } else {
    return plain_text_of(value);
  }
  return out;
}

std::unexpected<Error> wrong(const Parameter& parameter, std::string_view words) {
  return fail(make_argument_error("/" + json::escape_pointer(parameter.argument),
                                  std::format("/{}: {}", parameter.argument, words)));
}

}  // namespace

std::string plain_text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return {};
  if (value.is_double()) return std::format("{}", value.get_double());
  return json::write(value);
}

Result<std::string> path_value(const Parameter& parameter, const json::value& value) {
  const json::value given = parameter.as_json ? json::value(json::write(value)) : value;
  std::string out;
  switch (parameter.style) {
    case Style::matrix: out = matrix(parameter, given); break;
    case Style::label: {
      const Pairs pairs = pairs_of(given, false);
      out = "." + joined(pairs, parameter.explode ? "." : ",", parameter.explode);
      break;
    }
    default: out = joined(pairs_of(given, false), ",", parameter.explode);
  }
  if (out.empty()) return wrong(parameter, "must not be empty, since it is a part of the path");
  if (out.contains("%00")) return wrong(parameter, "must not hold a NUL");
  return out;
}

void append_query(std::string& query, const Parameter& parameter, const json::value& value) {
  if (parameter.as_json) {
    append_pair(query, "&", percent_encode(parameter.name), percent_encode(json::write(value)));
    return;
  }
  switch (parameter.style) {
    case Style::deep_object:
      append_deep(query, percent_encode(parameter.name), value, parameter.allow_reserved, 0);
      return;
    case Style::space_delimited:
    case Style::pipe_delimited: {
      if (parameter.explode || !(value.is_array() || value.is_object())) break;
      const std::string_view comma = parameter.style == Style::space_delimited ? "%20" : "%7C";
      append_pair(query, "&", percent_encode(parameter.name),
                  joined(pairs_of(value, parameter.allow_reserved), comma, false));
      return;
    }
    default: break;
  }
  append_form(query, "&", parameter, value);
}

Result<std::string> header_value(const Parameter& parameter, const json::value& value) {
  std::string out = parameter.as_json ? json::write(value) : raw_joined(value, parameter.explode);
  if (!wire::valid_header_value(out))
    return wrong(parameter, "holds characters that no header may hold");
  return out;
}

std::string cookie_pair(const Parameter& parameter, const json::value& value) {
  std::string out;
  append_form(out, "; ", parameter, parameter.as_json ? json::value(json::write(value)) : value);
  return out;
}

}  // namespace weft::adapters::openapi
