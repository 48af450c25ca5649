// What is written in a form of its own: addresses, telephone numbers, quotations.
#include <algorithm>
#include <array>

#include "weft/dialogue/extract/characters.h"
#include "weft/dialogue/extract/reading.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kMailboxBytesMax = 64;
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kPhoneDigitsMin = 7;
constexpr std::size_t kPhoneDigitsMax = 15;
constexpr std::size_t kPhoneBytesMax = 32;

constexpr std::array<std::string_view, 40> kTopDomains = {
    "com", "org", "net", "edu", "gov", "io", "co", "ai", "app", "dev", "info", "biz", "me", "tv",
    "us",  "uk",  "de",  "fr",  "cn",  "jp", "kr", "in", "it",  "es",  "nl",   "se",  "ch", "at",
    "be",  "ca",  "au",  "nz",  "br",  "mx", "ru", "eu", "int", "mil", "sa",   "tk"};

bool is_alnum(char c) { return is_digit(c) || is_letter(c); }
bool is_host(char c) { return is_alnum(c) || c == '-' || c == '.'; }
bool is_mailbox(char c) {
  return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}
bool is_url(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '`' && c != '\\';
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

/// Letters after the last point, at least two.
bool has_domain(std::string_view host) {
  const std::size_t point = host.rfind('.');
  if (point == std::string_view::npos || point == 0 || host.size() - point < 3) return false;
  if (host.find("..") != std::string_view::npos) return false;
  for (const char c : host.substr(point + 1)) {
    if (!is_letter(c)) return false;
  }
  return true;
}

std::size_t host_end(std::string_view text, std::size_t i) {
  std::size_t end = i;
  while (end < text.size() && end - i < kHostBytesMax && is_host(text[end])) ++end;
  while (end > i && !is_alnum(text[end - 1])) --end;
  return end;
}

void push(Reading& reading, ValueType type, std::size_t begin, std::size_t end,
          std::string canonical) {
  reading.out.push_back({type, begin, end, std::move(canonical), {}, {}});
}

void find_mail(Reading& reading) {
  const std::string_view text = reading.text.raw();
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < kMailboxBytesMax && is_mailbox(text[begin - 1])) --begin;
    while (begin < at && !is_alnum(text[begin])) ++begin;
    const std::size_t end = host_end(text, at + 1);
    const bool cut = end < text.size() && (text[end] == '_' || text[end] == '@');
    if (begin == at || cut || !has_domain(text.substr(at + 1, end - at - 1))) continue;
    push(reading, ValueType::email, begin, end, std::string(text.substr(begin, end - begin)));
  }
}

/// Where a path, query and fragment end; marks of the sentence are left out.
std::size_t url_end(std::string_view text, std::size_t i) {
  std::size_t end = i;
  while (end < text.size() && is_url(text[end])) ++end;
  while (end > i && (text[end - 1] == '.' || text[end - 1] == ',' || text[end - 1] == '!' ||
                     text[end - 1] == '?' || text[end - 1] == ';' || text[end - 1] == ':' ||
                     text[end - 1] == ')' || text[end - 1] == ']' || text[end - 1] == '\''))
    --end;
  return end;
}

bool is_top_domain(std::string_view host) {
  const std::string top = lowered(host.substr(host.rfind('.') + 1));
  for (const std::string_view known : kTopDomains) {
    if (top == known) return true;
  }
  return false;
}

bool is_address(std::string_view host) {
  int points = 0;
  for (const char c : host) {
    if (c == '.') ++points;
    if (c != '.' && !is_digit(c)) return false;
  }
  return points == 3;
}

void find_urls(Reading& reading) {
  const std::string_view text = reading.text.raw();
  for (std::size_t i = 0; i < text.size();) {
    if (!is_alnum(text[i]) || (i > 0 && is_host(text[i - 1]))) {
      ++i;
      continue;
    }
    std::size_t host = i;
    std::size_t scheme_end = i;
    while (scheme_end < text.size() && scheme_end - i < 8 && is_letter(text[scheme_end]))
      ++scheme_end;
    const bool scheme = text.substr(scheme_end, 3) == "://";
    if (scheme) host = scheme_end + 3;
    const std::size_t end = host_end(text, host);
    const std::string_view name = text.substr(host, end - host);
    const bool mail = (end < text.size() && text[end] == '@') || (i > 0 && text[i - 1] == '@');
    const bool whole = has_domain(name) && (scheme || is_top_domain(name));
    const bool good = whole || is_address(name) || (scheme && name == "localhost");
    if (!good || mail) {
      i = std::max(end, i + 1);
      continue;
    }
    std::size_t last = end;
    if (last < text.size() &&
        (text[last] == ':' || text[last] == '/' || text[last] == '?' || text[last] == '#'))
      last = url_end(text, last);
    push(reading, ValueType::url, i, std::max(last, end),
         std::string(text.substr(i, std::max(last, end) - i)));
    i = std::max(last, end);
  }
}

/// What a telephone number does not follow directly.
bool cuts_phone(char c) {
  return is_alnum(c) || c == '.' || c == ',' || c == '/' || c == '$' || c == '#' || c == '*';
}

/// `0.123`, `2009/2010` and the form of a social security number are none.
bool is_other_number(std::string_view said) {
  const auto first = said.find_first_not_of("0123456789");
  if (first == std::string_view::npos) return false;
  const std::string_view rest = said.substr(first + 1);
  const auto second = rest.find_first_not_of("0123456789");
  if (second == std::string_view::npos)
    return said[first] == '.' || (said[first] == '/' && first == 4 && rest.size() == 4);
  return first == 3 && second == 2 && rest.size() == 7 &&
         rest.find_first_not_of("0123456789", 3) == std::string_view::npos;
}

/// From a plus, a bracket or a digit: digits in groups.
void find_phones(Reading& reading) {
  const std::string_view text = reading.text.raw();
  for (std::size_t i = 0; i < text.size();) {
    const bool opens = is_digit(text[i]) || (text[i] == '+' || text[i] == '(');
    const bool joined = i > 0 && !(text[i] == '(' || text[i] == '+') && cuts_phone(text[i - 1]);
    if (!opens || joined) {
      ++i;
      continue;
    }
    std::size_t digits = 0;
    std::size_t groups = 0;
    std::size_t end = i;
    std::size_t run = 0;
    std::size_t longest = 0;
    int depth = 0;
    std::size_t early_end = i;
    std::size_t early_digits = 0;
    std::size_t j = i;
    for (; j < text.size() && j - i < kPhoneBytesMax; ++j) {
      const char c = text[j];
      if (is_digit(c)) {
        if (run++ == 0) ++groups;
        longest = std::max(longest, run);
        ++digits;
        end = j + 1;
        continue;
      }
      run = 0;
      if (c == ' ' && digits >= kPhoneDigitsMin && digits <= kPhoneDigitsMax) {
        early_end = end;
        early_digits = digits;
      }
      if (c == '(' && ++depth > 1) break;
      if (c == ')' && --depth < 0) break;
      const bool plus = c == '+' && (j == i || text[j - 1] == '(');
      if (!plus && c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' && c != '/') break;
      if (j > i && c == ' ' && text[j - 1] == ' ') break;
    }
    if (digits > kPhoneDigitsMax || (end < text.size() && text[end] == ':')) {
      end = std::max(early_end, i);
      digits = early_digits;
    }
    const bool goes_on = end < text.size() && (is_letter(text[end]) || is_digit(text[end]) ||
                                               text[end] == ':' || text[end] == '%');
    const bool fits = digits >= kPhoneDigitsMin && digits <= kPhoneDigitsMax;
    const std::string_view said = text.substr(i, end - i);
    const bool date = said.size() == 10 && groups == 3 && digits == 8;
    if (fits && !goes_on && !date && longest >= 2 && depth <= 0 && !is_other_number(said)) {
      std::string canonical;
      for (const char c : said) {
        if (is_digit(c) || c == '+') canonical += c;
      }
      push(reading, ValueType::phone, i, end, std::move(canonical));
    }
    i = std::max(end, i + 1);
  }
}

struct Marks {
  std::string_view open;
  std::string_view close;
};
constexpr std::array<Marks, 5> kQuotations = {{{"\"", "\""},
                                               {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                               {"`", "`"},
                                               {"\xC2\xAB", "\xC2\xBB"},
                                               {"'", "'"}}};

void find_quotations(Reading& reading) {
  const std::string_view text = reading.text.raw();
  for (const Marks& marks : kQuotations) {
    std::size_t open = text.find(marks.open);
    while (open != std::string_view::npos) {
      const std::size_t inner = open + marks.open.size();
      const std::size_t close = text.find(marks.close, inner);
      if (close == std::string_view::npos) break;
      // An apostrophe opens nothing.
      const bool apostrophe =
          marks.open == "'" && ((open > 0 && is_alnum(text[open - 1])) ||
                                (close + 1 < text.size() && is_alnum(text[close + 1])));
      if (apostrophe) {
        open = close;
        continue;
      }
      const std::size_t end = close + marks.close.size();
      if (close > inner)
        push(reading, ValueType::quoted, open, end, std::string(text.substr(inner, close - inner)));
      open = text.find(marks.open, end);
    }
  }
}

}  // namespace

void find_written(Reading& reading) {
  find_mail(reading);
  find_urls(reading);
  find_phones(reading);
  find_quotations(reading);
}

}  // namespace weft::dialogue
