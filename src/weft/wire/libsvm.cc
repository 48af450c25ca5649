#include "weft/wire/libsvm.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <limits>
#include <optional>

#include "weft/wire/number_text.h"

namespace weft::wire {
namespace {

constexpr std::string_view kGroup = "qid:";
/// One less than what fits: its end is counted too.
constexpr std::uint32_t kColumnMax = std::numeric_limits<std::uint32_t>::max() - 1;

std::optional<std::uint32_t> to_index(std::string_view text) {
  std::uint32_t out = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc() || read.ptr != end || text.empty() || out > kColumnMax)
    return std::nullopt;
  return out;
}

/// The next word; empty at the end.
std::string_view next_token(std::string_view& rest) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto begin = std::min(rest.find_first_not_of(kBlanks), rest.size());
  rest.remove_prefix(begin);
  const auto end = std::min(rest.find_first_of(kBlanks), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end);
  return out;
}

}  // namespace

std::uint32_t SparseRows::columns_begin() const {
  return columns.empty() ? 0 : std::ranges::min(columns);
}

std::uint32_t SparseRows::columns_end() const {
  return columns.empty() ? 0 : std::ranges::max(columns) + 1;
}

std::unexpected<Error> LibsvmReader::wrong(std::string_view at, std::string_view what) const {
  const auto column = static_cast<std::size_t>(at.data() - whole_.data()) + 1;
  return fail(Reason::invalid_argument, std::format("line {}, column {}: {}", line_, column, what));
}

Result<void> LibsvmReader::take_label(std::string_view token, SparseRows& rows) {
  const auto colon = token.find(':');
  const auto label = to_float(token.substr(0, colon));
  if (!label) return wrong(token, std::format("the label {} is not a number", shown(token)));
  const bool first = rows.labels.empty();
  rows.labels.push_back(*label);
  if (colon == std::string_view::npos) {
    if (!rows.weights.empty()) return wrong(token, "this row has no weight, those before it have");
    return {};
  }
  const std::string_view text = token.substr(colon + 1);
  const auto weight = to_float(text);
  if (!weight) return wrong(token, std::format("the weight {} is not a number", shown(text)));
  if (rows.weights.empty() && !first)
    return wrong(token, "this row has a weight, those before it have none");
  rows.weights.push_back(*weight);
  return {};
}

Result<void> LibsvmReader::take_group(std::string_view number, SparseRows& rows) {
  const auto group = to_index(number);
  if (!group) return wrong(number, std::format("the qid {} is not a number", shown(number)));
  if (rows.groups.size() + 1 != rows.row_begin.size())
    return wrong(number, "some rows have a qid and some have none");
  rows.groups.push_back(*group);
  return {};
}

Result<void> LibsvmReader::take_value(std::string_view token, SparseRows& rows) {
  const auto colon = token.find(':');
  if (colon == std::string_view::npos)
    return wrong(token, std::format("{} is not `column:value`", shown(token)));
  const auto column = to_index(token.substr(0, colon));
  if (!column) {
    return wrong(token,
                 std::format("the column {} is not a whole number", shown(token.substr(0, colon))));
  }
  const auto value = to_float(token.substr(colon + 1));
  if (!value) {
    return wrong(token,
                 std::format("the value {} is not a number", shown(token.substr(colon + 1))));
  }
  rows.columns.push_back(*column);
  rows.values.push_back(*value);
  return {};
}

Result<void> LibsvmReader::read_row(std::string_view line, SparseRows& rows) {
  whole_ = line;
  std::string_view rest = line.substr(0, line.find('#'));
  std::string_view token = next_token(rest);
  if (token.empty()) return {};
  // `1:2` as the first word is a label with its weight where labels are needed.
  const bool label = labels_ == Labels::needed || !token.contains(':');
  if (label) {
    WEFT_CHECK(take_label(token, rows));
    token = next_token(rest);
  } else if (!rows.labels.empty()) {
    return wrong(token, "this row has no label, those before it have");
  }
  if (label && rows.labels.size() != rows.row_begin.size())
    return wrong(line, "this row has a label, those before it have none");
  bool first = true;
  for (; !token.empty(); token = next_token(rest)) {
    if (first && token.starts_with(kGroup)) {
      WEFT_CHECK(take_group(token.substr(kGroup.size()), rows));
    } else {
      WEFT_CHECK(take_value(token, rows));
    }
    first = false;
  }
  rows.row_begin.push_back(rows.values.size());
  if (!rows.groups.empty() && rows.groups.size() + 1 != rows.row_begin.size())
    return wrong(line, "some rows have a qid and some have none");
  return {};
}

Result<std::size_t> LibsvmReader::read(std::string_view block, SparseRows& rows) {
  const std::size_t before = rows.rows();
  while (!block.empty()) {
    const auto end = std::min(block.find('\n'), block.size());
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(std::min(end + 1, block.size()));
    ++line_;
    WEFT_CHECK(read_row(line, rows));
  }
  return rows.rows() - before;
}

}  // namespace weft::wire
