#include "weft/dialogue/extract/phrase_book.h"

#include <algorithm>
#include <optional>

#include "weft/dialogue/extract/characters.h"

namespace weft::dialogue {
namespace {

constexpr std::size_t kPhraseBytesMax = 64;

/// The bytes of a letter at `i`, 0 when there is none.
std::size_t letter_bytes(std::string_view text, std::size_t i) {
  if (i >= text.size()) return 0;
  if (is_letter(text[i])) return 1;
  if (static_cast<unsigned char>(text[i]) < 0x80 || symbol_bytes(text, i) != 0) return 0;
  return 1;
}

std::size_t word_end(std::string_view text, std::size_t i) {
  const std::size_t begin = i;
  while (true) {
    while (letter_bytes(text, i) != 0) ++i;
    const std::size_t apostrophe = apostrophe_bytes(text, i);
    if (i == begin || apostrophe == 0 || letter_bytes(text, i + apostrophe) == 0) return i;
    const bool possessive =
        to_lower(text[i + apostrophe]) == 's' && letter_bytes(text, i + apostrophe + 1) == 0;
    if (possessive) return i;
    i += apostrophe;
  }
}

/// Where a "'s" after a word ends; `i` when there is none.
std::size_t possessive_end(std::string_view text, std::size_t i) {
  const std::size_t apostrophe = apostrophe_bytes(text, i);
  if (apostrophe == 0 || i + apostrophe >= text.size() || to_lower(text[i + apostrophe]) != 's')
    return i;
  return letter_bytes(text, i + apostrophe + 1) == 0 ? i + apostrophe + 1 : i;
}

bool takes_plural(Sense sense) {
  return sense == Sense::currency || sense == Sense::unit || sense == Sense::span;
}

}  // namespace

std::vector<TextToken> text_tokens(std::string_view text) {
  std::vector<TextToken> out;
  out.reserve(text.size() / 3 + 4);
  bool spaced = true;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t bytes = space_bytes(text, i); bytes != 0) {
      spaced = true;
      i += bytes;
      continue;
    }
    TextToken token = {.begin = static_cast<std::uint32_t>(i), .spaced = spaced};
    std::size_t next = i;
    if (is_digit(text[i])) {
      token.kind = TokenKind::digits;
      while (next < text.size() && is_digit(text[next])) ++next;
    } else if (letter_bytes(text, i) != 0) {
      token.capital = text[i] >= 'A' && text[i] <= 'Z';
      next = word_end(text, i);
    } else {
      token.kind = TokenKind::mark;
      next = i + std::max<std::size_t>(symbol_bytes(text, i), 1);
    }
    token.end = static_cast<std::uint32_t>(next);
    i = token.kind == TokenKind::word ? possessive_end(text, next) : next;
    spaced = false;
    out.push_back(token);
  }
  return out;
}

std::size_t PhraseBook::Hash::operator()(std::string_view text) const {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::size_t>(hash);
}

PhraseBook::PhraseBook(const Language& language) {
  entries_.reserve(4096);
  for (const auto& table : language.tables) {
    for (const Phrase& phrase : table) {
      add(phrase.text, phrase);
      if (takes_plural(phrase.sense))
        add(std::string(phrase.text) + std::string(language.plural), phrase);
    }
  }
}

void PhraseBook::add(std::string_view text, const Phrase& phrase) {
  const std::vector<TextToken> tokens = text_tokens(text);
  if (tokens.empty()) return;
  std::string key;
  for (const TextToken& token : tokens) {
    if (!key.empty() && token.spaced) key += ' ';
    key += text.substr(token.begin, token.end - token.begin);
  }
  if (tokens.size() > 1) {
    Entry& first =
        entries_[std::string(text.substr(tokens[0].begin, tokens[0].end - tokens[0].begin))];
    first.words_max = std::max(first.words_max, static_cast<std::uint32_t>(tokens.size()));
  }
  entries_[key].senses.push_back({phrase.sense, 0, phrase.value, phrase.name});
}

const PhraseBook::Entry* PhraseBook::find(std::string_view key) const {
  const auto at = entries_.find(key);
  return at == entries_.end() ? nullptr : &at->second;
}

Text::Text(std::string_view utterance, const PhraseBook& book)
    : raw_(utterance), lower_(utterance), tokens_(text_tokens(utterance)) {
  for (char& c : lower_) c = to_lower(c);
  matches_.reserve(tokens_.size() * 3);
  for (std::size_t i = 0; i < tokens_.size(); ++i) match(i, book);
}

std::string_view Text::word(std::size_t i) const {
  if (i >= tokens_.size()) return {};
  return std::string_view(lower_).substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
}

std::string_view Text::shown(std::size_t i) const {
  if (i >= tokens_.size()) return {};
  return raw_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
}

bool Text::is_mark(std::size_t i, char mark) const {
  return is(i, TokenKind::mark) && raw_[tokens_[i].begin] == mark;
}

void Text::match(std::size_t i, const PhraseBook& book) {
  TextToken& token = tokens_[i];
  token.first_match = static_cast<std::uint32_t>(matches_.size());
  if (token.kind == TokenKind::digits) return;
  const auto take = [&](const PhraseBook::Entry* entry, std::size_t tokens) {
    if (entry == nullptr) return;
    for (Match match : entry->senses) {
      match.tokens = static_cast<std::uint32_t>(tokens);
      matches_.push_back(match);
    }
  };
  const PhraseBook::Entry* one = book.find(word(i));
  if (one != nullptr && one->words_max > 1) {
    char key[kPhraseBytesMax];
    std::size_t bytes = 0;
    std::size_t words = 0;
    bool passed = false;
    std::size_t longest = 0;
    const PhraseBook::Entry* found = nullptr;
    const auto first_match = matches_.size();
    for (std::size_t j = i; j < tokens_.size() && words < one->words_max; ++j) {
      const bool hyphen = is_mark(j, '-') && (glued(j) || glued(j + 1));
      const bool stop = is_mark(j, '.') && j > i && tokens_[j - 1].end - tokens_[j - 1].begin == 1;
      if (j > i && (hyphen || stop)) {
        passed = true;
        continue;
      }
      const std::string_view text = word(j);
      if (bytes + text.size() + 1 > kPhraseBytesMax) break;
      if (bytes > 0 && (passed || tokens_[j].spaced)) key[bytes++] = ' ';
      passed = false;
      bytes += text.copy(key + bytes, text.size());
      if (++words == 1) continue;
      found = book.find({key, bytes});
      longest = j - i + 1;
      take(found, longest);
    }
    // The longest first.
    std::reverse(matches_.begin() + static_cast<std::ptrdiff_t>(first_match), matches_.end());
  }
  take(one, 1);
  if (shown(i) != word(i)) take(book.find(shown(i)), 1);
  token.matches = static_cast<std::uint32_t>(matches_.size()) - token.first_match;
}

const Match* Text::find(std::size_t i, Sense sense) const {
  if (i >= tokens_.size()) return nullptr;
  const TextToken& token = tokens_[i];
  for (std::uint32_t m = 0; m < token.matches; ++m) {
    const Match& match = matches_[token.first_match + m];
    if (match.sense == sense) return &match;
  }
  return nullptr;
}

std::size_t Text::skip(std::size_t i, Sense sense) const {
  const Match* match = find(i, sense);
  return match == nullptr ? 0 : match->tokens;
}

std::size_t Text::token_at(std::size_t byte, std::size_t from) const {
  while (from < tokens_.size() && tokens_[from].begin < byte) ++from;
  return from;
}

}  // namespace weft::dialogue
