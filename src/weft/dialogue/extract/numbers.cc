#include "weft/dialogue/extract/numbers.h"

#include "weft/dialogue/extract/literal.h"

namespace weft::dialogue {
namespace {

constexpr double kThousand = 1000;

/// A fraction, of the tokens up to `last`.
struct Fraction {
  std::size_t last = 0;
  double value = 0;
  double whole = 0;  ///< said before it
  double above = 1;  ///< the magnitude that the whole ends with
};

struct Denominator {
  std::size_t last = 0;
  double value = 0;
  bool plural = false;
  bool part = false;  ///< "half", "quarter"
};

std::optional<Denominator> denominator(const Text& text, std::size_t i) {
  i = past_hyphen(text, i);
  if (const Match* parts = text.find(i, Sense::parts))
    return Denominator{i + parts->tokens, 1 / parts->value, true, true};
  if (const Match* part = text.find(i, Sense::part); part != nullptr && part->name.empty())
    return Denominator{i + part->tokens, 1 / part->value, false, true};
  if (const Match* plural = text.find(i, Sense::ordinals))
    return Denominator{i + plural->tokens, plural->value, true, false};
  if (const Match* one = text.find(i, Sense::ordinal); one != nullptr && one->value > 2)
    return Denominator{i + one->tokens, one->value, false, false};
  // "twenty-first" may be one where "first" alone may not.
  if (const Match* one = text.find(i, Sense::ordinal))
    return Denominator{i + one->tokens, one->value, false, false};
  return std::nullopt;
}

bool is_tens(double value) { return value >= 20 && value <= 90 && value == 10 * int(value / 10); }

/// The part of a cardinal that may belong to the denominator after it: "thirty" of "one hundred
/// thirty fifths".
double loose_tens(const Number& number, double ordinal) {
  if (ordinal < 1 || ordinal > 9 || number.tail_joined || !is_tens(number.tail)) return 0;
  return number.value > number.tail ? number.tail : 0;
}

/// Numerator and denominator in words, after the numerator.
std::optional<Fraction> in_words(const Text& text, const Numbers& cardinals, const Number& n) {
  if (const auto den = denominator(text, n.last)) {
    const double tens = den->part ? 0 : loose_tens(n, den->value);
    double top = n.value - tens;
    const double bottom = den->value + tens;
    // "one hundred and three quarters" is no 103 quarters.
    double whole = 0;
    if (n.tail_joined && n.tail < bottom && n.value > n.tail && (den->plural || n.tail == 1)) {
      whole = n.value - n.tail;
      top = n.tail;
    }
    if (n.digits && !den->part) return std::nullopt;
    const bool sensible = den->plural || top == 1;
    if (sensible && bottom > 1 && !(tens == 0 && bottom <= 2 && !den->part && !den->plural))
      return Fraction{den->last, top / bottom, whole, whole > 0 ? n.above : 1};
    return std::nullopt;
  }
  const Number* second = cardinals.cardinal(n.last);
  if (second == nullptr || n.digits || second->digits) return std::nullopt;
  std::size_t i = second->last;
  if (text.skip(i, Sense::conjunction) != 0) i = text.after(i, Sense::conjunction);
  const auto den = denominator(text, i);
  if (!den || den->part || !(den->plural || n.value == 1)) return std::nullopt;
  return Fraction{den->last, n.value / (second->value + den->value)};
}

/// A fraction behind "and": "a half", "two thirds".
std::optional<Fraction> behind_and(const Text& text, const Numbers& cardinals, std::size_t i) {
  if (text.find(i, Sense::article) != nullptr) {
    const auto den = denominator(text, i + 1);
    if (den && !den->plural && (den->part || den->value > 2))
      return Fraction{den->last, 1 / den->value};
    return std::nullopt;
  }
  const Number* number = cardinals.cardinal(i);
  if (number == nullptr) return std::nullopt;
  auto out = in_words(text, cardinals, *number);
  if (out) out->value += out->whole;
  return out;
}

/// "million", "of a million".
std::size_t magnitude(const Text& text, std::size_t i, double& out) {
  std::size_t j = i;
  if (text.find(j, Sense::of) != nullptr && text.find(j + 1, Sense::article) != nullptr) j += 2;
  const Match* match = text.find(j, Sense::magnitude);
  if (match == nullptr || match->value < kThousand) return i;
  out = match->value;
  return j + match->tokens;
}

bool followed_by_unit(const Text& text, std::size_t i) {
  return text.find(i, Sense::span) != nullptr || text.find(i, Sense::unit) != nullptr;
}

/// `4/5`, in digits.
std::optional<Fraction> slashed(const Text& text, const Numbers& cardinals, const Number& top) {
  if (!top.digits || top.attached || !text.is_mark(top.last, '/') || !text.glued(top.last))
    return std::nullopt;
  const Number* bottom = cardinals.cardinal(top.last + 1);
  if (bottom == nullptr || !bottom->digits || bottom->attached || bottom->value == 0 ||
      !text.glued(top.last + 1))
    return std::nullopt;
  const auto joint = [&](std::size_t i) {
    return text.glued(i) && (text.is_mark(i, '/') || text.is_mark(i, '-'));
  };
  if (joint(bottom->last) && text.is(bottom->last + 1, TokenKind::digits)) return std::nullopt;
  if (top.first > 1 && text.glued(top.first) && joint(top.first - 1) &&
      text.is(top.first - 2, TokenKind::digits))
    return std::nullopt;
  return Fraction{bottom->last, top.value / bottom->value};
}

std::optional<Fraction> ratio(const Text& text, const Numbers& cardinals, const Number& top) {
  const std::size_t over = text.skip(top.last, Sense::over);
  const Match* out_of = text.find(top.last, Sense::out_of);
  if (over == 0 && out_of == nullptr) return std::nullopt;
  const Number* bottom =
      cardinals.cardinal(top.last + (over != 0 ? over : std::size_t{out_of->tokens}));
  if (bottom == nullptr || bottom->attached || bottom->value == 0) return std::nullopt;
  // "2 in 3 weeks" counts no weeks, and "8 in 5" is no part of anything.
  const bool bare = over != 0 || out_of->value == 1;
  if (bare && followed_by_unit(text, bottom->last)) return std::nullopt;
  if (over == 0 && top.value >= bottom->value) return std::nullopt;
  return Fraction{bottom->last, top.value / bottom->value};
}

/// What a number may be beside a cardinal, with its own magnitude.
std::optional<Fraction> of_cardinal(const Text& text, const Numbers& cardinals, const Number& n) {
  double scale = 1;
  if (auto found = slashed(text, cardinals, n)) return found;
  if (n.digits) {
    const Number* second = cardinals.cardinal(n.last);
    const auto part = second == nullptr ? std::nullopt : slashed(text, cardinals, *second);
    if (part && part->value < 1) return Fraction{part->last, n.value + part->value};
    const Match* sign = text.find(n.last, Sense::part);
    if (sign != nullptr && !sign->name.empty())
      return Fraction{n.last + sign->tokens, n.value + sign->value};
  }
  if (auto found = in_words(text, cardinals, n)) {
    const std::size_t last = magnitude(text, found->last, scale);
    return Fraction{last, found->whole + found->value * (scale > 1 ? scale : found->above)};
  }
  if (const std::size_t skip = text.skip(n.last, Sense::conjunction); skip != 0) {
    if (const auto part = behind_and(text, cardinals, n.last + skip)) {
      const std::size_t last = magnitude(text, part->last, scale);
      if (n.magnitude > 1) {
        const double each = scale > 1 ? scale : n.magnitude;
        return Fraction{last, n.value + part->value * each};
      }
      return Fraction{last, (n.value + part->value) * scale};
    }
  }
  return ratio(text, cardinals, n);
}

/// "half a dozen", "a quarter million", "a fifth".
std::optional<Fraction> of_part(const Text& text, std::size_t i) {
  const bool article = text.find(i, Sense::article) != nullptr;
  const std::size_t at = i + (article ? 1 : 0);
  double scale = 1;
  if (const Match* part = text.find(at, Sense::part)) {
    const std::size_t end = at + part->tokens;
    if (text.find(end, Sense::article) != nullptr) {
      if (const Match* dozen = text.find(end + 1, Sense::dozen))
        return Fraction{end + 1 + dozen->tokens, part->value * dozen->value};
    }
    const std::size_t last = magnitude(text, end, scale);
    const bool alone = article || !part->name.empty() || part->value == 0.5;
    if (scale == 1 && !alone) return std::nullopt;
    return Fraction{last, part->value * scale};
  }
  if (!article) return std::nullopt;
  if (const Match* dozen = text.find(at, Sense::dozen))
    return Fraction{at + dozen->tokens, dozen->value};
  double tens = 0;
  std::size_t j = at;
  if (const Match* word = text.find(at, Sense::cardinal); word != nullptr && is_tens(word->value)) {
    tens = word->value;
    j += word->tokens;
  }
  const auto den = denominator(text, j);
  if (!den || den->plural || (tens == 0 && den->value <= 2) || (tens > 0 && den->value > 9))
    return std::nullopt;
  return Fraction{den->last, 1 / (den->value + tens)};
}

/// The tokens of a sign before `i`, and whether it is one.
bool opens_with_minus(const Text& text, std::size_t i) {
  if (text.find(i, Sense::minus) != nullptr) return true;
  if (!text.is_mark(i, '-')) return false;
  const bool before = i > 0 && !text.is(i - 1, TokenKind::mark);
  if (text.glued(i + 1)) return i == 0 || !text.glued(i) || !before;
  return !before;
}

}  // namespace

std::optional<Number> read_number(const Text& text, const Numbers& cardinals, std::size_t token) {
  std::size_t i = token;
  const bool negative = opens_with_minus(text, i);
  if (negative) i = text.find(i, Sense::minus) != nullptr ? text.after(i, Sense::minus) : i + 1;
  Number out;
  const Number* cardinal = cardinals.cardinal(i);
  if (cardinal != nullptr) {
    out = *cardinal;
    if (!negative && cardinal->last == i + 1 && !cardinal->digits && cardinal->value == 1 &&
        i > 0 && text.find(i - 1, Sense::pointing) != nullptr)
      return std::nullopt;
  }
  const auto part =
      cardinal != nullptr ? of_cardinal(text, cardinals, *cardinal) : of_part(text, i);
  if (cardinal == nullptr && !part) return std::nullopt;
  if (part) {
    out.value = part->value;
    out.text = numeral(part->value);
    out.last = part->last;
    out.digits = false;
    out.attached = cardinal != nullptr && cardinal->attached;
  }
  if (out.attached) return std::nullopt;
  if (negative) {
    out.value = -out.value;
    out.text = out.text == "0" ? out.text : "-" + out.text;
    out.digits = false;
  }
  out.first = token;
  out.begin = text[out.first].begin;
  out.end = text[out.last - 1].end;
  return out;
}

Numbers::Numbers(const Text& text) : cardinal_at_(text.size()), number_at_(text.size()) {
  for (std::size_t i = 0; i < text.size();) {
    if (auto found = read_cardinal(text, i)) {
      i = found->last;
      cardinals_.push_back(std::move(*found));
      cardinal_at_[cardinals_.back().first] = static_cast<std::uint32_t>(cardinals_.size());
    } else {
      ++i;
    }
  }
  for (std::size_t i = 0; i < text.size();) {
    if (auto found = read_number(text, *this, i)) {
      i = found->last;
      numbers_.push_back(std::move(*found));
      number_at_[numbers_.back().first] = static_cast<std::uint32_t>(numbers_.size());
    } else if (const Number* attached = cardinal(i)) {
      i = attached->last;
    } else {
      ++i;
    }
  }
}

}  // namespace weft::dialogue
