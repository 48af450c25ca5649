#include "weft/ml/algorithms/hyperparameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>

namespace weft::ml {
namespace {

using Kind = Hyperparameter::Kind;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  const auto end = text.find_last_not_of(kBlanks);
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

template <class T>
std::optional<T> to_number(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  T out{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != end || text.empty()) return std::nullopt;
  return out;
}

/// As Python writes it: `0.5`, `2.0`.
std::string shown(double value) {
  std::string out = std::format("{}", value);
  if (std::isfinite(value) && out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

std::string listed(std::span<const std::string_view> words) {
  std::string out = "[";
  for (const std::string_view word : words)
    out += std::format("{}'{}'", out.size() > 1 ? ", " : "", word);
  return out + "]";
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const auto end = std::min(text.find(','), text.size());
    out.emplace_back(trimmed(text.substr(0, end)));
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

std::unexpected<Error> wrong(std::string_view name, std::string message) {
  return fail(make_argument_error(std::string(name), std::move(message)));
}

std::unexpected<Error> no_value(std::string_view name) {
  return wrong(name, std::format("Hyperparameter {}: could not parse value", name));
}

std::unexpected<Error> outside(std::string_view name, std::string_view value,
                               std::string_view range) {
  return wrong(name, std::format("Hyperparameter {}: {} is not in {}", name, value, range));
}

/// The numbers between brackets and commas; nothing when something else stands there, or the
/// brackets do not fit.
std::optional<std::vector<double>> numbers_in(std::string_view text, std::string_view open,
                                              std::string_view close, int depth_max) {
  std::vector<double> out;
  std::string number;
  int depth = 0;
  bool over = false;
  const auto take = [&] {
    if (trimmed(number).empty()) return true;
    const auto value = to_number<double>(number);
    number.clear();
    if (value) out.push_back(*value);
    return value.has_value();
  };
  for (const char c : trimmed(text)) {
    if (over) return std::nullopt;
    if (open.contains(c)) {
      if (++depth > depth_max || !trimmed(number).empty()) return std::nullopt;
    } else if (close.contains(c)) {
      if (!take()) return std::nullopt;
      over = --depth == 0;
    } else if (c == ',') {
      if (depth == 0 || !take()) return std::nullopt;
    } else {
      number += c;
    }
  }
  if (!over) return std::nullopt;
  return out;
}

Result<void> check_numbers(const Hyperparameter& known, std::string_view value) {
  const auto numbers = known.kind == Kind::tuple ? numbers_in(value, "([", ")]", 1)
                                                 : numbers_in(value, "[(", "])", 2);
  if (!numbers) return no_value(known.name);
  if (std::ranges::all_of(*numbers, [&](double each) { return known.range.holds(each); }))
    return {};
  return wrong(known.name, std::format("Hyperparameter {}: value {} not in range {}", known.name,
                                       value, known.range.str()));
}

Result<void> check(const Hyperparameter& known, std::string_view value) {
  switch (known.kind) {
    case Kind::integer: {
      const auto number = to_number<std::int64_t>(value);
      if (!number) return no_value(known.name);
      if (known.range.holds(static_cast<double>(*number))) return {};
      return outside(known.name, std::format("{}", *number), known.range.str());
    }
    case Kind::number: {
      const auto number = to_number<double>(value);
      if (!number || std::isnan(*number)) return no_value(known.name);
      if (known.range.holds(*number)) return {};
      return outside(known.name, shown(*number), known.range.str());
    }
    case Kind::word:
      if (std::ranges::find(known.words, value) != known.words.end()) return {};
      return outside(known.name, value, listed(known.words));
    case Kind::words: {
      if (known.words.empty()) return {};
      const auto all = split(value);
      const bool fine = std::ranges::all_of(all, [&](const std::string& each) {
        return std::ranges::find(known.words, each) != known.words.end();
      });
      if (fine) return {};
      return wrong(known.name, std::format("Hyperparameter {}: value {} not in range {}",
                                           known.name, value, listed(known.words)));
    }
    case Kind::tuple:
    case Kind::lists: return check_numbers(known, value);
    case Kind::text: return {};
  }
  return {};
}

}  // namespace

std::string Interval::str() const {
  const auto number = [](double value) { return std::format("{}", value); };
  const std::string begin = std::isinf(low) ? "(-inf" : (low_open ? "(" : "[") + number(low);
  const std::string end = std::isinf(high) ? "+inf)" : number(high) + (high_open ? ")" : "]");
  return std::format("{}, {}", begin, end);
}

Result<Given> check_hyperparameters(std::span<const Hyperparameter> known, const Given& given) {
  Given out;
  for (const auto& [name, value] : given) {
    const auto at = std::ranges::find_if(known, [&](const Hyperparameter& each) {
      return each.name == name || (!each.alias.empty() && each.alias == name);
    });
    if (at == known.end())
      return wrong(name, std::format("Extraneous hyperparameter found: {}", name));
    out[std::string(at->name)] = trimmed(value);
  }
  for (const Hyperparameter& each : known) {
    if (each.required && !out.contains(each.name))
      return wrong(each.name, std::format("Missing required hyperparameter: {}", each.name));
  }
  for (const Hyperparameter& each : known) {
    if (const auto at = out.find(each.name); at != out.end()) WEFT_CHECK(check(each, at->second));
  }
  return out;
}

std::optional<std::int64_t> integer_of(const Given& checked, std::string_view name) {
  const auto at = checked.find(name);
  return at == checked.end() ? std::nullopt : to_number<std::int64_t>(at->second);
}

std::optional<double> number_of(const Given& checked, std::string_view name) {
  const auto at = checked.find(name);
  return at == checked.end() ? std::nullopt : to_number<double>(at->second);
}

std::string_view word_of(const Given& checked, std::string_view name) {
  const auto at = checked.find(name);
  return at == checked.end() ? std::string_view() : std::string_view(at->second);
}

std::vector<std::string> words_of(const Given& checked, std::string_view name) {
  const auto at = checked.find(name);
  return at == checked.end() ? std::vector<std::string>() : split(at->second);
}

}  // namespace weft::ml
