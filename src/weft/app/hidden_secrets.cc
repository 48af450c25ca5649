#include "weft/app/hidden_secrets.h"

#include <algorithm>
#include <array>

#include "weft/app/terminal.h"

namespace weft::app {
namespace {

constexpr std::array<std::string_view, 9> kSecretWords = {"secret",  "token",         "password",
                                                          "bearer",  "authorization", "access_key",
                                                          "api_key", "api-key",       "cookie"};

bool is_secret(std::string_view key) {
  std::string small(key);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::any_of(kSecretWords,
                             [&](std::string_view word) { return small.contains(word); });
}

bool is_key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '"' || c == '\'';
}

/// The key that ends before this colon.
std::string_view key_before(std::string_view line, std::size_t colon) {
  std::size_t begin = colon;
  while (begin > 0 && is_key_char(line[begin - 1])) --begin;
  return line.substr(begin, colon - begin);
}

/// Where the value that begins here ends.
std::size_t end_of_value(std::string_view line, std::size_t begin) {
  const char first = line[begin];
  if (first == '"' || first == '\'') {
    const auto end = line.find(first, begin + 1);
    return end == std::string_view::npos ? line.size() : end + 1;
  }
  // In a flow mapping, one value of several; else all the rest.
  const bool flow = line.substr(0, begin).contains('{');
  if (line.substr(begin).starts_with("${")) {
    const auto end = line.find('}', begin);
    if (end != std::string_view::npos)
      return std::min(line.find_first_of(" ,}", end + 1), line.size());
  }
  return flow ? std::min(line.find_first_of(",}", begin), line.size()) : line.size();
}

bool is_variable(std::string_view value) {
  for (const char quote : {'"', '\''}) {
    if (value.size() >= 2 && value.starts_with(quote) && value.ends_with(quote))
      value = value.substr(1, value.size() - 2);
  }
  return value.starts_with("${") && value.find('}') == value.size() - 1;
}

void hide(std::string& out, std::string_view what) { out.append(columns(what), '*'); }

/// `://user:password@` in it.
std::string without_passwords(std::string_view text) {
  std::string out;
  while (true) {
    const auto mark = text.find("://");
    const auto at = mark == std::string_view::npos ? mark : text.find('@', mark);
    const auto path =
        mark == std::string_view::npos ? mark : text.find_first_of("/ ,}'\"", mark + 3);
    if (at == std::string_view::npos || at > path) break;
    out += text.substr(0, mark + 3);
    hide(out, text.substr(mark + 3, at - mark - 3));
    text.remove_prefix(at);
  }
  out += text;
  return out;
}

}  // namespace

std::string without_secrets(std::string_view line, std::string_view before) {
  const auto last = before.find_last_not_of(' ');
  const bool belongs =
      last != std::string_view::npos && before[last] == ':' && is_secret(key_before(before, last));
  const auto first = line.find_first_not_of(" -");
  std::string out;
  std::size_t told = 0;
  const auto hide_from = [&](std::size_t begin, std::size_t end) {
    out += without_passwords(line.substr(told, begin - told));
    const std::string_view value = line.substr(begin, end - begin);
    if (is_variable(value)) {
      out += value;
    } else {
      hide(out, value);
    }
    told = end;
  };
  if (belongs && first != std::string_view::npos) hide_from(first, line.size());
  for (auto colon = line.find(':', told); colon != std::string_view::npos;
       colon = line.find(':', std::max(colon + 1, told))) {
    const auto begin = line.find_first_not_of(" \t", colon + 1);
    if (begin == std::string_view::npos || !is_secret(key_before(line, colon))) continue;
    hide_from(begin, end_of_value(line, begin));
  }
  out += without_passwords(line.substr(told));
  return out;
}

}  // namespace weft::app
