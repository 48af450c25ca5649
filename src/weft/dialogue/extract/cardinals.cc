#include <charconv>
#include <limits>

#include "weft/dialogue/extract/characters.h"
#include "weft/dialogue/extract/literal.h"
#include "weft/dialogue/extract/numbers.h"

namespace weft::dialogue {
namespace {

constexpr double kHundred = 100;
constexpr double kThousand = 1000;
/// Groups of one number: "billion … million … thousand …".
constexpr int kGroupsMax = 8;
constexpr int kDecimalsMax = 15;

/// A number below the magnitudes, or in digits.
struct Group {
  std::size_t last = 0;
  double value = 0;
  bool literal = false;
  Literal digits;
};

bool opens_literal(const Text& text, std::size_t i) {
  if (text.is(i, TokenKind::digits)) return true;
  if (!text.is_mark(i, '.') || !text.is(i + 1, TokenKind::digits) || !text.glued(i + 1))
    return false;
  return !text.glued(i) || !(text.is(i - 1, TokenKind::digits) || text.is(i - 1, TokenKind::word));
}

std::optional<Group> below_hundred(const Text& text, std::size_t i) {
  if (opens_literal(text, i)) {
    Group out;
    out.literal = true;
    out.digits = read_literal(text.raw(), text[i].begin);
    if (out.digits.end == text[i].begin) return std::nullopt;
    out.value = out.digits.value;
    out.last = text.token_at(out.digits.end, i);
    return out;
  }
  const Match* first = text.find(i, Sense::cardinal);
  if (first == nullptr) return std::nullopt;
  Group out;
  out.last = i + first->tokens;
  out.value = first->value;
  if (first->value < 20) return out;
  const std::size_t next = past_hyphen(text, out.last);
  const Match* unit = text.find(next, Sense::cardinal);
  if (unit != nullptr && unit->value >= 1 && unit->value <= 9) {
    out.value += unit->value;
    out.last = next + unit->tokens;
  }
  return out;
}

/// Reads one cardinal, group by group.
class Reader {
 public:
  Reader(const Text& text, std::size_t token) : text_(text), at_(token), first_(token) {}

  std::optional<Number> read() {
    if (!groups()) return std::nullopt;
    decimals();
    abbreviation();
    dozens();
    out_.first = first_;
    out_.last = at_;
    out_.begin = text_[first_].begin;
    out_.end = text_[at_ - 1].end;
    out_.value = total_;
    if (only_literal_) {
      out_.text = std::move(literal_.text);
      out_.digits = literal_.integer;
    } else {
      out_.text = numeral(total_);
    }
    out_.attached = attached();
    return out_;
  }

 private:
  bool groups() {
    double limit = std::numeric_limits<double>::infinity();
    for (int n = 0; n < kGroupsMax; ++n) {
      std::size_t i = at_;
      if (n > 0 && text_.skip(i, Sense::conjunction) != 0) i = text_.after(i, Sense::conjunction);
      const bool joined = i != at_;
      double group = 0;
      double tail = 0;
      bool tail_joined = false;
      const std::optional<Group> small = below_hundred(text_, i);
      if (small) {
        if (n > 0 && small->value == 0) return true;
        group = small->value;
        i = small->last;
      } else if (n == 0) {
        if (text_.find(i, Sense::article) != nullptr) ++i;
        const Match* magnitude = text_.find(i, Sense::magnitude);
        if (magnitude == nullptr || text_.find(i, Sense::conjunction) != nullptr) return false;
        group = 1;
      } else {
        return true;
      }
      only_literal_ = n == 0 && small && small->literal;
      if (only_literal_) literal_ = small->digits;
      const std::size_t before_hundred = i;
      i = hundreds(i, group, tail, tail_joined);
      if (i != before_hundred) only_literal_ = false;
      double magnitude = 1;
      i = magnitudes(i, magnitude);
      if (n > 0 && group * magnitude >= limit) return true;
      if (n > 0 && small && small->literal && !small->digits.integer && magnitude == 1) return true;
      total_ += group * magnitude;
      out_.above = n > 0 && magnitude == 1 && tail == 0 ? limit : 1;
      at_ = i;
      out_.magnitude = magnitude;
      out_.tail = magnitude > 1 ? 0 : tail != 0 ? tail : n > 0 ? group : 0;
      out_.tail_joined = tail != 0 ? tail_joined : joined;
      if (magnitude == 1) return true;
      only_literal_ = false;
      limit = magnitude;
    }
    return true;
  }

  /// "hundred", and what belongs to it.
  std::size_t hundreds(std::size_t i, double& group, double& tail, bool& joined) {
    const Match* hundred = text_.find(i, Sense::magnitude);
    if (hundred == nullptr || hundred->value != kHundred) return i;
    group *= kHundred;
    i += hundred->tokens;
    const std::size_t conjunction = text_.skip(i, Sense::conjunction);
    const std::optional<Group> rest = below_hundred(text_, i + conjunction);
    if (!rest || rest->value >= kHundred || rest->value <= 0) return i;
    if (rest->literal && !rest->digits.integer) return i;
    const Match* again = text_.find(rest->last, Sense::magnitude);
    if (again != nullptr && again->value == kHundred) return i;
    group += rest->value;
    tail = rest->value;
    joined = conjunction != 0;
    return rest->last;
  }

  std::size_t magnitudes(std::size_t i, double& out) {
    for (int n = 0; n < 3; ++n) {
      const Match* magnitude = text_.find(i, Sense::magnitude);
      if (magnitude == nullptr || magnitude->value < kThousand) break;
      out *= magnitude->value;
      i += magnitude->tokens;
    }
    return i;
  }

  /// "point" and digits by name.
  void decimals() {
    const std::size_t skip = text_.skip(at_, Sense::point);
    if (skip == 0) return;
    std::size_t i = at_ + skip;
    std::string digits;
    while (digits.size() < kDecimalsMax) {
      const std::optional<Group> next = below_hundred(text_, i);
      if (!next || next->value >= kHundred || (next->literal && !next->digits.integer)) break;
      const bool many = next->value >= 10 || next->literal;
      if (many && !digits.empty()) break;
      digits += next->literal ? std::string(text_.word(i)) : numeral(next->value);
      i = next->last;
      if (many) break;
    }
    if (digits.empty()) return;
    double value = 0;
    const std::string decimal = numeral(total_) + "." + digits;
    std::from_chars(decimal.data(), decimal.data() + decimal.size(), value);
    total_ = value;
    double magnitude = 1;
    at_ = magnitudes(i, magnitude);
    total_ *= magnitude;
    only_literal_ = false;
  }

  void abbreviation() {
    if (!only_literal_) return;
    const Match* match = text_.find(at_, Sense::abbreviated);
    if (match == nullptr) return;
    if (text_.is(at_ + 1, TokenKind::digits) && text_.glued(at_ + 1)) return;
    if (match->name == "glued" && !text_.glued(at_)) return;
    total_ *= match->value;
    at_ += match->tokens;
    only_literal_ = false;
  }

  void dozens() {
    const Match* dozen = text_.find(at_, Sense::dozen);
    if (dozen == nullptr) return;
    const double counted = out_.tail > 0 ? out_.tail : total_;
    total_ += counted * (dozen->value - 1);
    at_ += dozen->tokens;
    only_literal_ = false;
  }

  bool attached() const {
    const bool before = text_.is(first_, TokenKind::digits) && first_ > 0 && text_.glued(first_) &&
                        text_.is(first_ - 1, TokenKind::word);
    const bool after =
        text_.is(at_, TokenKind::word) && text_.glued(at_) && text_.is(at_ - 1, TokenKind::digits);
    return before || after;
  }

  const Text& text_;
  std::size_t at_;
  std::size_t first_;
  double total_ = 0;
  bool only_literal_ = false;
  Literal literal_;
  Number out_;
};

}  // namespace

std::size_t past_hyphen(const Text& text, std::size_t token) {
  return text.is_mark(token, '-') ? token + 1 : token;
}

std::optional<Number> read_cardinal(const Text& text, std::size_t token) {
  if (text.find(token, Sense::cardinal) == nullptr && !opens_literal(text, token) &&
      text.find(token, Sense::magnitude) == nullptr && text.find(token, Sense::article) == nullptr)
    return std::nullopt;
  return Reader(text, token).read();
}

}  // namespace weft::dialogue
