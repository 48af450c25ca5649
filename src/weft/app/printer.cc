#include "weft/app/printer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <print>

#include "weft/model/codec.h"

namespace weft::app {
namespace {

/// Characters, not bytes: enough to line columns up.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// Nothing that came from a solution may steer the terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f ? '?' : c;
  }
  return out;
}

}  // namespace

Printer::Printer(bool as_json)
    : json_(as_json), colour_(::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}

void Printer::line(std::string_view text) const {
  if (!json_) std::println("{}", printable(text));
}

void Printer::piece(std::string_view text) const {
  if (json_) return;
  std::print("{}", printable(text));
  std::fflush(stdout);
}

void Printer::table(const std::vector<std::vector<std::string>>& rows) const {
  if (json_ || rows.empty()) return;
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += printable(row[i]);
      if (i + 1 < row.size()) text.append(widths[i] - width(row[i]) + 2, ' ');
    }
    std::println("{}", &row == &rows.front() ? faint(text) : text);
  }
}

void Printer::document(const json::value& document) const {
  if (json_) std::println("{}", json::write_pretty(document));
}

void Printer::note(std::string_view text) const {
  if (!json_) std::println(stderr, "{}", printable(text));
}

Exit Printer::error(const Error& error, std::string_view hint, Exit exit) const {
  if (json_) {
    json::object body;
    body["error"] = model::to_json(error);
    if (!hint.empty()) body["hint"] = hint;
    document(body);
    return exit;
  }
  std::fflush(stdout);
  std::println(stderr, "error: {}", printable(error.message));
  if (!hint.empty()) std::println(stderr, "\nhint: {}", printable(hint));
  return exit;
}

std::string Printer::faint(std::string_view text) const {
  return colour_ ? std::format("\033[2m{}\033[0m", text) : std::string(text);
}

}  // namespace weft::app
