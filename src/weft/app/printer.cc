#include "weft/app/printer.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <format>
#include <print>

#include "weft/app/terminal.h"
#include "weft/model/codec.h"

namespace weft::app {
namespace {

/// https://no-color.org: set, and not to nothing.
bool colour_wanted() {
  const char* unwanted = std::getenv("NO_COLOR");
  return unwanted == nullptr || *unwanted == '\0';
}

/// Why the first thing could not be written that could not.
int first_failure = 0;

/// A cell is one line.
std::string cell(std::string_view text) {
  std::string out = printable(text);
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

}  // namespace

Printer::Printer(bool as_json)
    : json_(as_json),
      terminal_(::isatty(STDOUT_FILENO) == 1),
      colour_(terminal_ && colour_wanted()) {}

void Printer::line(std::string_view text) const {
  if (!json_) put(printable(text) + "\n");
}

void Printer::faint_line(std::string_view text) const {
  if (!json_) put(faint(printable(text)) + "\n");
}

void Printer::piece(std::string_view text) const {
  if (json_) return;
  put(printable(text));
  std::fflush(stdout);
}

void Printer::table(const std::vector<std::vector<std::string>>& rows) const {
  if (json_ || rows.empty()) return;
  std::vector<std::vector<std::string>> cells;
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    auto& shown = cells.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      shown.push_back(cell(row[i]));
      widths[i] = std::max(widths[i], columns(shown[i]));
    }
  }
  for (const auto& row : cells) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - columns(row[i]) + 2, ' ');
    }
    put((&row == &cells.front() ? faint(text) : text) + "\n");
  }
}

void Printer::document(const json::value& document) const {
  if (json_) put(json::write_pretty(document) + "\n");
}

void Printer::note(std::string_view text) const {
  if (json_) return;
  // Where both go to one place, what was said first stands first.
  std::fflush(stdout);
  std::println(stderr, "{}", printable(text));
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

void put(std::string_view text) {
  // std::print throws, and forgets why.
  errno = 0;
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!whole && first_failure == 0) first_failure = errno;
}

Exit written(Exit exit) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit;
  const int why = first_failure != 0 ? first_failure : errno;
  std::println(stderr, "error: standard output cannot be written: {}",
               why == 0 ? "it broke off" : std::strerror(why));
  return exit == Exit::done ? Exit::failed : exit;
}

}  // namespace weft::app
