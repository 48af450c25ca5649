#include "weft/dialogue/slots/tokens.h"

#include <algorithm>
#include <charconv>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_alone(char c) { return c == '$' || c == '&' || c == '%'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether what stands at `at` keeps a word together.
bool joins(std::string_view text, std::size_t at) {
  if (at == 0 || at + 1 >= text.size()) return false;
  const char before = text[at - 1];
  const char after = text[at + 1];
  const char c = text[at];
  if (c == '\'') return is_letter(before) && is_letter(after);
  if (c == ':' || c == '.' || c == ',') return is_digit(before) && is_digit(after);
  return false;
}

/// Digits and letters by kind, so that `5:30pm`, `10th` and `2019` look as all of theirs do.
std::uint32_t shape_of_digits(std::string_view word) {
  std::uint64_t out = hash_of("digits");
  std::size_t digits = 0;
  for (const char c : word) {
    if (is_digit(c)) {
      ++digits;
      continue;
    }
    out = mix(mix(out, std::min<std::size_t>(digits, 5)), static_cast<std::uint64_t>(lower(c)));
    digits = 0;
  }
  return static_cast<std::uint32_t>(mix(out, std::min<std::size_t>(digits, 5)));
}

void classify(Token& token, std::string_view word, const Vocabulary& vocabulary) {
  token.hash = hash_of(token.lower);
  token.capital = is_upper(word.front());
  if (std::ranges::any_of(word, is_digit)) {
    token.shape = shape_of_digits(token.lower);
    int value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc() && end == word.data() + word.size()) token.number = value;
    return;
  }
  const ClassedWord* known = vocabulary.find(token.lower);
  const WordClass own = known != nullptr ? known->word_class : WordClass::none;
  token.number = known != nullptr && own == WordClass::number ? known->number : -1;
  token.function = own == WordClass::function && !(token.capital && token.lower.size() > 1);
  if (token.function || own == WordClass::qualifier || is_alone(word.front())) {
    token.shape = static_cast<std::uint32_t>(token.hash >> 20U);
  } else if (own == WordClass::none || own == WordClass::function) {
    token.shape = token.capital ? 1 : 0;
  } else {
    token.shape = 16 + static_cast<std::uint32_t>(own);
  }
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t out = 0xcbf29ce484222325ULL;
  for (const char c : text) out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return out;
}

std::vector<Token> tokens_of(std::string_view utterance, const Vocabulary& vocabulary) {
  utterance = utterance.substr(0, kUtteranceBytesMax);
  std::vector<Token> out;
  Break before = Break::sentence;
  for (std::size_t at = 0; at < utterance.size() && out.size() < kUtteranceWordsMax;) {
    const char c = utterance[at];
    std::size_t end = at + 1;
    if (is_letter(c) || is_digit(c)) {
      while (end < utterance.size() &&
             (is_letter(utterance[end]) || is_digit(utterance[end]) || joins(utterance, end)))
        ++end;
    } else if (!is_alone(c)) {
      if (c == ',' || c == ';' || c == '(' || c == ')' || c == ':') {
        before = std::max(before, Break::comma);
      } else if (c == '.' || c == '?' || c == '!' || c == '\n') {
        before = Break::sentence;
      }
      ++at;
      continue;
    }
    Token token;
    token.begin = at;
    token.end = end;
    const std::string_view word = utterance.substr(at, end - at);
    token.lower.reserve(word.size());
    for (const char each : word) token.lower += lower(each);
    token.before = before;
    before = Break::none;
    classify(token, word, vocabulary);
    out.push_back(std::move(token));
    at = end;
  }
  return out;
}

std::vector<std::string> name_words_of(std::string_view name, const Vocabulary& vocabulary,
                                       bool function_words) {
  std::string parted;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (at > 0 && is_upper(name[at]) && !is_upper(name[at - 1])) parted += ' ';
    parted += name[at] == '_' || name[at] == '.' ? ' ' : name[at];
  }
  std::vector<std::string> out = words_of(parted);
  if (function_words) return out;
  std::erase_if(out, [&](const std::string& word) {
    const ClassedWord* known = vocabulary.find(word);
    return known != nullptr && known->word_class == WordClass::function;
  });
  return out;
}

}  // namespace weft::dialogue
