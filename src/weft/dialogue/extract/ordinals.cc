#include <cmath>

#include "weft/dialogue/extract/literal.h"
#include "weft/dialogue/extract/reading.h"

namespace weft::dialogue {
namespace {

constexpr double kHundred = 100;

bool has_lower_place(double number, double ordinal) {
  if (ordinal >= kHundred) return true;
  const double rest = std::fmod(number, 100);
  if (rest == 0) return number >= kHundred;
  return ordinal < 10 && rest >= 20 && std::fmod(rest, 10) == 0;
}

/// What a date says with the same words.
bool dates(const Text& text, std::size_t i) {
  return text.find(i, Sense::weekday) != nullptr || text.find(i, Sense::month) != nullptr ||
         text.find(i, Sense::span) != nullptr;
}

}  // namespace

std::optional<Ordinal> read_ordinal(const Text& text, const Numbers& numbers, std::size_t token) {
  if (text.is(token, TokenKind::digits)) {
    const bool suffixed = text.glued(token + 1) && text.find(token + 1, Sense::ordinal_suffix);
    if (!suffixed) return std::nullopt;
    const Literal literal = read_literal(text.word(token), 0);
    return Ordinal{token + 2, literal.value};
  }
  if (const Match* match = text.find(token, Sense::ordinal)) {
    const bool part = match->value >= kHundred && token > 0 && text.find(token - 1, Sense::article);
    if (part) return std::nullopt;
    return Ordinal{token + match->tokens, match->value};
  }
  const Number* number = numbers.cardinal(token);
  if (number == nullptr || number->digits || number->value >= 1e15) return std::nullopt;
  std::size_t i = past_hyphen(text, number->last);
  if (number->value >= kHundred) i = text.after(i, Sense::conjunction);
  const Match* match = text.find(i, Sense::ordinal);
  if (match == nullptr || !has_lower_place(number->value, match->value)) return std::nullopt;
  const double value =
      match->value >= kHundred ? number->value * match->value : number->value + match->value;
  return Ordinal{i + match->tokens, value};
}

void find_ordinals(Reading& reading) {
  const Text& text = reading.text;
  for (std::size_t i = 0; i < text.size();) {
    if (const auto ordinal = read_ordinal(text, reading.numbers, i)) {
      reading.add(ValueType::ordinal, i, ordinal->last, numeral(ordinal->value));
      // "the second to last" begins with the second.
    }
    if (const Match* match = text.find(i, Sense::relative);
        match != nullptr && !dates(text, i + match->tokens)) {
      reading.add(ValueType::ordinal, i, i + match->tokens, std::string(match->name));
    }
    const auto ordinal = read_ordinal(text, reading.numbers, i);
    i = ordinal ? ordinal->last : i + 1;
  }
}

}  // namespace weft::dialogue
