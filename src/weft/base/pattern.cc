#include "weft/base/pattern.h"

// CMakeLists.txt bounds what one search may do (BOOST_REGEX_MAX_STATE_COUNT).
#include <boost/regex.hpp>

#include <format>
#include <locale>

#include "weft/base/limits.h"

namespace weft {
namespace {

/// Letters that mean something to the library and nothing, or something else, to ECMA-262.
constexpr std::string_view kLibraryWords = "uQEGAzZXCKRlLUhHNoaey";

/// UTF-8 as code points; bytes that are none stand for themselves.
std::wstring widen(std::string_view text) {
  std::wstring out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 1 || i + length > text.size()) {
      out += static_cast<wchar_t>(lead);
      ++i;
      continue;
    }
    wchar_t point = lead & (0x7f >> length);
    for (std::size_t k = 1; k < length; ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    out += point;
    i += length;
  }
  return out;
}

bool hexadecimal(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// The code point of `\uXXXX` or `\u{X…}` at the front, with its surrogate partner; and how long it
/// is.
struct Escape {
  std::uint32_t point = 0;
  std::size_t length = 0;
};
Escape unicode_escape(std::string_view text) {
  if (!text.starts_with("\\u")) return {};
  if (text.substr(2).starts_with('{')) {
    const auto close = text.find('}');
    if (close > 9 || !hexadecimal(text.substr(3, close - 3))) return {};
    return {
        static_cast<std::uint32_t>(std::stoul(std::string(text.substr(3, close - 3)), nullptr, 16)),
        close + 1};
  }
  if (text.size() < 6 || !hexadecimal(text.substr(2, 4))) return {};
  const auto unit =
      static_cast<std::uint32_t>(std::stoul(std::string(text.substr(2, 4)), nullptr, 16));
  if (unit < 0xd800 || unit > 0xdbff) return {unit, 6};
  const Escape low = text.substr(6).starts_with("\\u{") ? Escape{} : unicode_escape(text.substr(6));
  if (low.length != 6 || low.point < 0xdc00 || low.point > 0xdfff) return {unit, 6};
  return {0x10000 + ((unit - 0xd800) << 10) + (low.point - 0xdc00), 12};
}

/// The library's class for `\p{NAME}`; empty when there is none that means the same.
std::string_view class_of(std::string_view property) {
  if (property == "L" || property == "Letter" || property == "Alphabetic") return "[:alpha:]";
  if (property == "Lu" || property == "Uppercase_Letter") return "[:upper:]";
  if (property == "Ll" || property == "Lowercase_Letter") return "[:lower:]";
  return {};
}

/// ECMA-262 in the library's words: `\u0041` is `\x{41}`, `$` is the very end, and what it reads
/// otherwise is refused.
class Translation {
 public:
  explicit Translation(std::string_view text) : text_(text) {}
  Result<std::string> run() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        WEFT_CHECK(escape());
      } else {
        plain();
      }
    }
    return std::move(out_);
  }

 private:
  void plain() {
    const char c = text_[at_++];
    if (c == '[' && in_class_) out_ += '\\';
    if (c == '[') in_class_ = true;
    if (c == ']') in_class_ = false;
    out_ += c == '$' && !in_class_ ? "\\z" : std::string(1, c);
  }

  Result<void> escape() {
    const char next = text_[at_ + 1];
    if (const Escape code = unicode_escape(text_.substr(at_)); code.length > 0) {
      out_ += std::format("\\x{{{:x}}}", code.point);
      at_ += code.length;
      return {};
    }
    if (next == 'p' || next == 'P') return property(next == 'P');
    if (kLibraryWords.contains(next)) return unsupported(text_.substr(at_, 2));
    at_ += 2;
    if (next == 'w' || next == 'W') {
      // The library's word holds every script's letters.
      if (in_class_ && next == 'W') return unsupported("\\W inside a class");
      out_ += in_class_ ? "0-9A-Za-z_" : next == 'w' ? "[0-9A-Za-z_]" : "[^0-9A-Za-z_]";
      return {};
    }
    // Between quotes and angles the library sees words; here they are themselves.
    if (!std::string_view("<>`'").contains(next)) out_ += '\\';
    out_ += next;
    return {};
  }

  Result<void> property(bool negated) {
    const std::string_view rest = text_.substr(at_);
    const auto close = rest.starts_with("\\p{") || rest.starts_with("\\P{")
                           ? rest.find('}')
                           : std::string_view::npos;
    if (close == std::string_view::npos) return unsupported(rest.substr(0, 2));
    const auto name = class_of(rest.substr(3, close - 3));
    if (name.empty() || (negated && in_class_)) return unsupported(rest.substr(0, close + 1));
    out_ += in_class_ ? std::string(name) : std::format("[{}{}]", negated ? "^" : "", name);
    at_ += close + 1;
    return {};
  }

  Result<void> unsupported(std::string_view what) const {
    return fail(Reason::unsupported,
                std::format("`{}` in the pattern `{}` is not supported", what, text_));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

/// Knows the letters of every script, whatever the process's locale.
std::locale letters() {
  try {
    return std::locale("C.UTF-8");
  } catch (const std::exception&) {
    return std::locale::classic();
  }
}

}  // namespace

struct Pattern::Compiled {
  boost::wregex regex;
};

Pattern::Pattern(std::string text, std::unique_ptr<Compiled> compiled)
    : text_(std::move(text)), compiled_(std::move(compiled)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::create(std::string_view text) {
  if (text.size() > kPatternCharsMax) {
    return fail(Reason::too_large,
                std::format("a pattern has at most {} characters", kPatternCharsMax));
  }
  WEFT_TRY(const std::string translated, Translation(text).run());
  auto compiled = std::make_unique<Compiled>();
  static const std::locale kLetters = letters();
  try {
    compiled->regex.imbue(kLetters);
    compiled->regex.assign(widen(translated), boost::regex::perl | boost::regex::no_mod_m);
  } catch (const std::exception& e) {
    return fail(Reason::unsupported,
                std::format("the pattern `{}` is not understood: {}", text, e.what()));
  }
  return Pattern(std::string(text), std::move(compiled));
}

std::optional<bool> Pattern::found_in(std::string_view text) const {
  try {
    return boost::regex_search(
        widen(text), compiled_->regex,
        boost::match_single_line | boost::match_not_dot_newline | boost::match_any);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace weft
