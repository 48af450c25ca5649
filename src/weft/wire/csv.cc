#include "weft/wire/csv.h"

#include <algorithm>
#include <format>
#include <limits>

#include "weft/wire/number_text.h"

namespace weft::wire {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

}  // namespace

std::unexpected<Error> CsvReader::wrong(std::size_t column, std::string_view what) const {
  return fail(Reason::invalid_argument, std::format("line {}, column {}: {}", line_, column, what));
}

Result<void> CsvReader::take(std::string_view field, std::size_t column,
                             std::vector<float>& values) const {
  if (is_blank(field)) {
    values.push_back(kMissing);
    return {};
  }
  const auto number = to_float(field);
  if (!number) return wrong(column, std::format("{} is not a number", shown(field)));
  values.push_back(*number);
  return {};
}

/// A number may stand in quotes; there is none in one.
Result<void> CsvReader::read_quoted(std::string_view& rest, std::size_t column,
                                    std::vector<float>& values) {
  const auto end = rest.find('"', 1);
  if (end == std::string_view::npos) return wrong(column, "the quote is not closed");
  WEFT_CHECK(take(rest.substr(1, end - 1), column, values));
  rest.remove_prefix(end + 1);
  if (!rest.empty() && rest.front() != delimiter_)
    return wrong(column, std::format("{} follows the closing quote", shown(rest)));
  return {};
}

Result<void> CsvReader::read_row(std::string_view line, std::vector<float>& values) {
  std::size_t column = 0;
  std::string_view rest = line;
  while (true) {
    ++column;
    if (columns_ != 0 && column > columns_) {
      return wrong(column, std::format("more than the {} fields of the first line", columns_));
    }
    if (rest.starts_with('"')) {
      WEFT_CHECK(read_quoted(rest, column, values));
    } else {
      const auto end = std::min(rest.find(delimiter_), rest.size());
      WEFT_CHECK(take(rest.substr(0, end), column, values));
      rest.remove_prefix(end);
    }
    if (rest.empty()) break;
    rest.remove_prefix(1);
  }
  if (columns_ == 0) columns_ = column;
  if (column < columns_) {
    return wrong(column, std::format("{} fields; the first line has {}", column, columns_));
  }
  return {};
}

Result<std::size_t> CsvReader::read(std::string_view block, std::vector<float>& values) {
  std::size_t rows = 0;
  while (!block.empty()) {
    const auto end = std::min(block.find('\n'), block.size());
    std::string_view line = block.substr(0, end);
    block.remove_prefix(std::min(end + 1, block.size()));
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (line.empty()) continue;
    WEFT_CHECK(read_row(line, values));
    ++rows;
  }
  return rows;
}

char sniff_delimiter(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  for (const char candidate : {',', ';', '\t', '|'}) {
    if (line.contains(candidate)) return candidate;
  }
  // A blank at the end of a line with one number separates nothing.
  const auto first = line.find_first_not_of(" \r");
  const auto last = line.find_last_not_of(" \r");
  if (first == std::string_view::npos) return ',';
  return line.substr(first, last - first).contains(' ') ? ' ' : ',';
}

}  // namespace weft::wire
