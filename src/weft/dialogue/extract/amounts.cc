#include "weft/dialogue/extract/characters.h"
#include "weft/dialogue/extract/literal.h"
#include "weft/dialogue/extract/reading.h"

namespace weft::dialogue {
namespace {

/// The number that ends right before a unit, attached ("180ml") or not.
struct Amount {
  std::size_t first = 0;
  std::size_t last = 0;
  double value = 0;
  const std::string* text = nullptr;
};

std::optional<Amount> amount_at(const Numbers& numbers, std::size_t i) {
  if (const Number* number = numbers.number(i))
    return Amount{number->first, number->last, number->value, &number->text};
  if (const Number* number = numbers.cardinal(i))
    return Amount{number->first, number->last, number->value, &number->text};
  return std::nullopt;
}

bool is_code(const Text& text, std::size_t i, const Match& match) {
  const std::string_view shown = text.shown(i);
  if (match.tokens != 1 || shown.size() < 3) return false;
  const std::string_view code = shown.substr(shown.size() - 3);
  for (std::size_t c = 0; c < code.size(); ++c) {
    if (to_lower(code[c]) != to_lower(match.name.size() == 3 ? match.name[c] : ' ')) return false;
  }
  return true;
}

/// A sign or a code, which may stand before its amount.
bool may_lead(const Text& text, std::size_t i, const Match& match) {
  return text.is(i + match.tokens - 1, TokenKind::mark) || is_code(text, i, match);
}

struct Money {
  std::size_t last = 0;
  double value = 0;
  std::string text;
  std::string_view unit;
};

std::size_t past_conjunction(const Text& text, std::size_t i) {
  return text.after(i, Sense::conjunction);
}

/// The hundredths after an amount: "50 cents", or no more than "fifty".
std::optional<Money> with_parts(const Reading& reading, const Money& whole, bool by_sign) {
  const Text& text = reading.text;
  const std::size_t i = past_conjunction(text, whole.last);
  const Number* part = reading.numbers.cardinal(i);
  if (part == nullptr || part->attached || whole.value < 0) return std::nullopt;
  const Match* unit = text.find(part->last, Sense::currency);
  double share = 0.01;
  std::size_t last = part->last;
  if (unit != nullptr) {
    if (unit->value >= 1) return std::nullopt;
    share = unit->value;
    last += unit->tokens;
    // "five mao five"
    const Number* rest = reading.numbers.cardinal(last);
    if (share == 0.1 && rest != nullptr && rest->value < 10 && !rest->digits) {
      Money out = whole;
      out.value += part->value * share + rest->value * share / 10;
      out.last = rest->last;
      out.text = numeral(out.value);
      return out;
    }
  } else {
    const bool fits = part->value >= 1 && part->value < 100 && part->magnitude == 1 &&
                      part->text.find('.') == std::string::npos;
    if (!fits || (by_sign && part->digits) || whole.text.find('.') != std::string::npos)
      return std::nullopt;
    if (text.find(last, Sense::unit) != nullptr || text.find(last, Sense::span) != nullptr ||
        text.find(last, Sense::percent) != nullptr || text.find(last, Sense::meridiem) != nullptr)
      return std::nullopt;
    if (text.is_mark(last, ':') || text.is_mark(last, '/')) return std::nullopt;
  }
  Money out = whole;
  out.value += part->value * share;
  out.last = last;
  out.text = numeral(out.value);
  return out;
}

std::optional<Money> leading(const Reading& reading, std::size_t i) {
  const Text& text = reading.text;
  const Match* sign = text.find(i, Sense::currency);
  if (sign == nullptr) sign = text.find(i, Sense::money_prefix);
  if (const Match* glued = text.find(i, Sense::currency_glued);
      glued != nullptr && text.glued(i + 1))
    sign = glued;
  if (sign == nullptr || sign->value < 1) return std::nullopt;
  if (sign->sense != Sense::money_prefix && !may_lead(text, i, *sign)) return std::nullopt;
  const Number* number = reading.numbers.cardinal(i + sign->tokens);
  if (number == nullptr) return std::nullopt;
  Money out = {
      .last = number->last, .value = number->value, .text = number->text, .unit = sign->name};
  if (sign->value > 1) out.text = numeral(out.value *= sign->value);
  return out;
}

std::optional<Money> trailing(const Reading& reading, std::size_t i) {
  const Text& text = reading.text;
  const auto read = [&](const Number& number) -> std::optional<Money> {
    const std::size_t unit_at = past_hyphen(text, number.last);
    const Match* unit = text.find(unit_at, Sense::currency);
    if (unit == nullptr) return std::nullopt;
    // "3 USD50" has the code of what follows.
    const std::size_t next = unit_at + unit->tokens;
    if (!text.glued(unit_at) && text.glued(next) && text.is(next, TokenKind::digits) &&
        may_lead(text, unit_at, *unit))
      return std::nullopt;
    Money out = {.last = next, .value = number.value, .text = number.text, .unit = unit->name};
    double scale = unit->value > 1 ? unit->value : 1;
    if (const Match* magnitude = text.find(out.last, Sense::magnitude);
        magnitude != nullptr && number.magnitude == 1 && is_code(text, unit_at, *unit)) {
      scale *= magnitude->value;
      out.last += magnitude->tokens;
    }
    if (scale > 1) out.text = numeral(out.value *= scale);
    return out;
  };
  if (const Number* number = reading.numbers.number(i)) {
    if (auto out = read(*number)) return out;
  }
  const Number* number = reading.numbers.cardinal(i);
  return number == nullptr ? std::nullopt : read(*number);
}

bool is_part(const Text& text, const Money& money) {
  const Match* unit = text.find(money.last - 1, Sense::currency);
  return unit != nullptr && unit->value < 1;
}

}  // namespace

void find_numbers(Reading& reading) {
  for (const Number& number : reading.numbers.numbers())
    reading.add(ValueType::number, number.first, number.last, number.text);
}

void find_percents(Reading& reading) {
  const Text& text = reading.text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t prefix = text.skip(i, Sense::percent_of); prefix != 0) {
      if (const auto amount = amount_at(reading.numbers, i + prefix)) {
        reading.add(ValueType::percent, i, amount->last, *amount->text);
        i = amount->last - 1;
        continue;
      }
    }
    if (const auto amount = amount_at(reading.numbers, i)) {
      const Match* sign = text.find(amount->last, Sense::percent);
      if (sign != nullptr) {
        const std::size_t last = amount->last + sign->tokens;
        const bool cut =
            text.is_mark(amount->last, '%') && text.glued(last) && !text.is(last, TokenKind::mark);
        if (!cut) reading.add(ValueType::percent, i, last, *amount->text);
        i = last - 1;
        continue;
      }
    }
    const Match* alone = text.find(i, Sense::percent);
    const bool free = !text.glued(i) && (i + 1 == text.size() || !text.glued(i + 1) ||
                                         text.is(i + 1, TokenKind::mark));
    if (alone != nullptr && free) reading.add(ValueType::percent, i, i + alone->tokens, {});
  }
}

void find_money(Reading& reading) {
  const Text& text = reading.text;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    auto money = trailing(reading, i);
    const bool by_sign = !money;
    if (!money) money = leading(reading, i);
    if (!money) {
      const bool alone = text.find(i, Sense::currency_alone) != nullptr;
      if (const Match* unit = text.find(i, Sense::currency); unit != nullptr && alone) {
        reading.add(ValueType::money, i, i + unit->tokens, {}, std::string(unit->name));
        i += unit->tokens;
      } else {
        ++i;
      }
      continue;
    }
    reading.add(ValueType::money, i, money->last, money->text, std::string(money->unit));
    i = money->last;
    if (by_sign || !is_part(text, *money)) {
      if (const auto whole = with_parts(reading, *money, by_sign)) {
        const std::size_t first = start;
        reading.add(ValueType::money, first, whole->last, whole->text, std::string(whole->unit));
        i = whole->last;
      }
    }
  }
}

void find_quantities(Reading& reading) {
  const Text& text = reading.text;
  for (std::size_t i = 0; i < text.size();) {
    const auto amount = amount_at(reading.numbers, i);
    if (!amount) {
      const Match* unit = text.find(i, Sense::unit);
      if (unit != nullptr && text.find(i, Sense::unit_alone) != nullptr) {
        reading.add(ValueType::quantity, i, i + unit->tokens, {}, std::string(unit->name));
        i += unit->tokens;
      } else {
        ++i;
      }
      continue;
    }
    const std::size_t at = past_hyphen(text, amount->last);
    const Match* unit = text.find(at, Sense::unit);
    // `24703L202`, `scp-173m` are numbers of something.
    const bool coded =
        unit != nullptr &&
        ((text.glued(at + unit->tokens) && text.is(at + unit->tokens, TokenKind::digits)) ||
         (i > 1 && text.glued(i) && text.is_mark(i - 1, '-') && text.glued(i - 1) &&
          !text.is(i - 2, TokenKind::mark)));
    if (unit != nullptr && !coded) {
      reading.add(ValueType::quantity, i, at + unit->tokens, *amount->text,
                  std::string(unit->name));
    }
    i = unit != nullptr ? at + unit->tokens : amount->last;
  }
}

}  // namespace weft::dialogue
