// Finds the words of given lists in an utterance: enum values and their synonyms, names of known
// things. Owned by the concierge; immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/result.h"
#include "weft/dialogue/extract/value.h"

namespace weft::dialogue {

struct Choice {
  std::string value;               ///< exactly as the list's owner writes it
  std::vector<std::string> words;  ///< what else it is called
};

struct ChoiceList {
  std::string id;
  std::vector<Choice> choices;
};

/// An Aho-Corasick automaton over all words of all lists. ASCII letters match in either case; a
/// hyphen, an underscore and any white space are one space; a word matches whole.
class Choices {
 public:
  Choices() = default;
  /// Errors: too_large past kChoiceWordsMax or kChoiceBytesMax.
  static Result<Choices> create(std::span<const ChoiceList> lists);

  /// A ValueType::choice for each hit, in the order of their ends: `canonical` is the choice's
  /// value, `unit` the list's id. The same words may be a choice of several lists, or several of
  /// one; a hit inside a longer one of its list is left out. Linear in the utterance, of which
  /// the first kUtteranceBytesMax bytes are read.
  std::vector<Value> values(std::string_view utterance) const;

  std::size_t words() const { return words_; }
  std::size_t bytes() const;

 private:
  /// A choice that a word stands for.
  struct Target {
    std::uint32_t list = 0;
    std::uint32_t value = 0;
  };
  struct Edge {
    unsigned char byte = 0;
    std::uint32_t state = 0;
  };
  struct State {
    std::uint32_t first_edge = 0;
    std::uint32_t first_target = 0;
    std::uint16_t edges = 0;
    std::uint16_t depth = 0;  ///< bytes of the word that ends here
    std::uint32_t targets = 0;
    std::uint32_t failure = 0;
    std::uint32_t output = 0;  ///< the next shorter state with targets; 0: none
  };
  std::uint32_t child(std::uint32_t state, char byte) const;
  std::uint32_t next(std::uint32_t state, char byte) const;
  void link();

  std::vector<State> states_;
  std::vector<Edge> edges_;
  std::vector<Target> targets_;
  std::vector<std::string> ids_;
  std::vector<std::string> values_;
  std::size_t words_ = 0;
};

}  // namespace weft::dialogue
