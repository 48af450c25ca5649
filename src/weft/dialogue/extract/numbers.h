// The numbers of an utterance, in digits and in words. Owned by Extractor.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "weft/dialogue/extract/phrase_book.h"

namespace weft::dialogue {

/// A number, of the tokens `first` up to `last`.
struct Number {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t begin = 0;  ///< bytes
  std::size_t end = 0;
  double value = 0;
  std::string text;       ///< canonical
  bool digits = false;    ///< an integer, in digits alone
  bool attached = false;  ///< a letter touches it ("7pm", "Oct2"): a number of something, or none
  double magnitude = 1;   ///< of the last word, where that is "thousand" or more
  double tail = 0;        ///< what follows the last "and" or "hundred", below 100
  bool tail_joined = false;  ///< the tail stands behind "and"
  double above = 1;          ///< the magnitude before the tail, "million" of "a million and three"
};

class Numbers {
 public:
  explicit Numbers(const Text& text);

  /// The cardinal number that begins at the token: no sign, no fraction. nullptr: none.
  const Number* cardinal(std::size_t token) const { return at(cardinal_at_, cardinals_, token); }
  /// The whole number that begins at the token, with sign and fraction, and is not attached.
  const Number* number(std::size_t token) const { return at(number_at_, numbers_, token); }
  /// In order, none in another.
  const std::vector<Number>& cardinals() const { return cardinals_; }
  const std::vector<Number>& numbers() const { return numbers_; }

 private:
  static const Number* at(const std::vector<std::uint32_t>& index, const std::vector<Number>& all,
                          std::size_t token) {
    return token < index.size() && index[token] != 0 ? &all[index[token] - 1] : nullptr;
  }
  std::vector<Number> cardinals_;
  std::vector<Number> numbers_;
  std::vector<std::uint32_t> cardinal_at_;
  std::vector<std::uint32_t> number_at_;
};

/// Reads the cardinal number that begins at the token.
std::optional<Number> read_cardinal(const Text& text, std::size_t token);
/// Reads the number of cardinals, fractions and a sign that begins at the token.
std::optional<Number> read_number(const Text& text, const Numbers& cardinals, std::size_t token);
/// Past a hyphen at the token, with or without space around it.
std::size_t past_hyphen(const Text& text, std::size_t token);

}  // namespace weft::dialogue
