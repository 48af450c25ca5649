// The phrases of a language by their words, and an utterance read with them. Owned by Extractor; a
// PhraseBook is immutable, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weft/dialogue/language/language.h"

namespace weft::dialogue {

enum class TokenKind : std::uint8_t { word, digits, mark };

struct TextToken {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  TokenKind kind = TokenKind::word;
  bool spaced = false;   ///< white space before it, or nothing
  bool capital = false;  ///< opens with an ASCII capital
  std::uint32_t first_match = 0;
  std::uint32_t matches = 0;
};

/// A phrase that begins at a token.
struct Match {
  Sense sense = Sense::cardinal;
  std::uint32_t tokens = 0;
  double value = 0;
  std::string_view name;
};

/// Runs of letters (bytes beyond ASCII count, an apostrophe joins, a final "'s" is left out), runs
/// of digits, and single marks; white space is dropped.
std::vector<TextToken> text_tokens(std::string_view text);

class PhraseBook {
 public:
  explicit PhraseBook(const Language& language);
  struct Entry {
    std::vector<Match> senses;    ///< `tokens` unset
    std::uint32_t words_max = 1;  ///< of the phrases that begin with this word
  };
  const Entry* find(std::string_view key) const;

 private:
  void add(std::string_view text, const Phrase& phrase);
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
};

/// An utterance as tokens with what they may mean. Positions past the last token are allowed
/// everywhere, and hold nothing.
class Text {
 public:
  Text(std::string_view utterance, const PhraseBook& book);

  std::string_view raw() const { return raw_; }
  std::size_t size() const { return tokens_.size(); }
  const TextToken& operator[](std::size_t i) const { return tokens_[i]; }
  std::string_view word(std::size_t i) const;   ///< in lower case
  std::string_view shown(std::size_t i) const;  ///< as written
  bool is(std::size_t i, TokenKind kind) const {
    return i < tokens_.size() && tokens_[i].kind == kind;
  }
  bool is_mark(std::size_t i, char mark) const;
  /// No white space between the token and the one before it.
  bool glued(std::size_t i) const { return i < tokens_.size() && !tokens_[i].spaced; }
  /// The longest phrase of that sense at the token, or nullptr.
  const Match* find(std::size_t i, Sense sense) const;
  /// The same; 0 where there is none.
  std::size_t skip(std::size_t i, Sense sense) const;
  /// The token after a phrase of that sense, if there is one.
  std::size_t after(std::size_t i, Sense sense) const { return i + skip(i, sense); }
  /// The token that begins at that byte, or the next one.
  std::size_t token_at(std::size_t byte, std::size_t from) const;

 private:
  void match(std::size_t i, const PhraseBook& book);

  std::string_view raw_;
  std::string lower_;
  std::vector<TextToken> tokens_;
  std::vector<Match> matches_;
};

}  // namespace weft::dialogue
