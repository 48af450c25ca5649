#include "weft/adapters/sagemaker/observe/log_filter.h"

#include <algorithm>
#include <format>
#include <utility>

#include "weft/adapters/sagemaker/observe/limits.h"

namespace weft::adapters::sagemaker {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A word, or what stands between quotes; takes it off the front. Nothing: a quote is not closed.
std::expected<std::string, std::string> take_term(std::string_view& rest) {
  std::string out;
  if (rest.empty() || rest.front() != '"') {
    const auto end = std::ranges::find_if(rest, is_space);
    out.assign(rest.begin(), end);
    rest.remove_prefix(out.size());
    return out;
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return out;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    out += rest[i];
  }
  return std::unexpected("a quote in the filterPattern is not closed");
}

}  // namespace

std::expected<LogFilter, std::string> LogFilter::create(std::string_view pattern) {
  LogFilter out;
  std::string_view rest = pattern;
  std::size_t terms = 0;
  while (true) {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    if (rest.empty()) break;
    const char first = rest.front();
    if (first == '{' || first == '[' || first == '%') {
      return std::unexpected(std::format(
          "filterPattern `{}`: {} are not supported by weft; use words: ERROR \"two words\" -DEBUG",
          pattern,
          first == '{'   ? "conditions on JSON"
          : first == '[' ? "patterns of columns"
                         : "regular expressions"));
    }
    if (++terms > kFilterTermsMax)
      return std::unexpected(std::format("more than {} terms in filterPattern", kFilterTermsMax));
    std::vector<std::string>& where = first == '?' ? out.any_ : first == '-' ? out.none_ : out.all_;
    if (first == '?' || first == '-') rest.remove_prefix(1);
    auto term = take_term(rest);
    if (!term) return std::unexpected(std::move(term).error());
    if (!term->empty()) where.push_back(*std::move(term));
  }
  if (!out.any_.empty() && !out.all_.empty()) {
    return std::unexpected(
        "filterPattern: terms with `?` beside others are not supported by weft; use one kind");
  }
  return out;
}

bool LogFilter::matches(std::string_view line) const {
  const auto holds = [&](const std::string& term) { return line.contains(term); };
  return std::ranges::all_of(all_, holds) && (any_.empty() || std::ranges::any_of(any_, holds)) &&
         std::ranges::none_of(none_, holds);
}

}  // namespace weft::adapters::sagemaker
