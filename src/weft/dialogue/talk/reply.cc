#include "weft/dialogue/talk/reply.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "weft/dialogue/talk/heard.h"

namespace weft::dialogue {
namespace {

using Tokens = std::span<const HeardWord>;

bool is_mark(const HeardWord& token) {
  return token.word.size() == 1 && std::string_view(",;.?!").contains(token.word.front());
}

std::optional<int> number_of(std::string_view word) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// `the second one`, `number 2`, `2`; nothing when something else is said.
std::optional<int> selection(Tokens tokens, const ReplyWords& words) {
  std::optional<int> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string& word = tokens[i].word;
    const auto ordinal = std::ranges::find(words.ordinals, word);
    std::optional<int> here;
    if (ordinal != words.ordinals.end()) {
      here = static_cast<int>(std::distance(words.ordinals.begin(), ordinal));
    } else if (match(tokens, i, words.last) > 0) {
      here = -1;
    } else if (const auto number = number_of(word); number && *number > 0 && *number < 100) {
      here = *number - 1;
    } else if (!is_mark(tokens[i]) && !std::ranges::contains(words.around, word)) {
      return std::nullopt;
    }
    if (here && out) return std::nullopt;
    if (here) out = here;
  }
  return out;
}

struct Kind {
  Act act;
  Words ReplyWords::* words;
};
constexpr auto kKinds = std::to_array<Kind>({{Act::greet, &ReplyWords::greet},
                                             {Act::thank, &ReplyWords::thank},
                                             {Act::part, &ReplyWords::part},
                                             {Act::cancel, &ReplyWords::cancel},
                                             {Act::human, &ReplyWords::human},
                                             {Act::help, &ReplyWords::help},
                                             {Act::any, &ReplyWords::any},
                                             {Act::affirm, &ReplyWords::affirm},
                                             {Act::negate, &ReplyWords::negate},
                                             {Act::more, &ReplyWords::more},
                                             {Act::back, &ReplyWords::back},
                                             {Act::repeat, &ReplyWords::repeat}});

struct Found {
  Act act = Act::none;
  std::size_t used = 0;
};

/// The longest that begins here.
Found act_at(Tokens tokens, std::size_t at, const ReplyWords& words) {
  Found out;
  for (const Kind& kind : kKinds) {
    const std::size_t used = match(tokens, at, words.*kind.words);
    if (used > out.used) out = {kind.act, used};
  }
  return out;
}

/// Words that say nothing by themselves, from `at` on: "thanks", but not "thanks a lot".
std::size_t skip_polite(Tokens tokens, std::size_t at, const ReplyWords& words) {
  while (at < tokens.size()) {
    if (is_mark(tokens[at])) {
      ++at;
      continue;
    }
    const std::size_t used = match(tokens, at, words.polite);
    if (used == 0 || act_at(tokens, at, words).used > used) break;
    at += used;
  }
  return at;
}

}  // namespace

std::string_view to_string(Act act) {
  switch (act) {
    case Act::none: return "none";
    case Act::affirm: return "affirm";
    case Act::negate: return "negate";
    case Act::select: return "select";
    case Act::any: return "any";
    case Act::more: return "more";
    case Act::cancel: return "cancel";
    case Act::back: return "back";
    case Act::repeat: return "repeat";
    case Act::help: return "help";
    case Act::human: return "human";
    case Act::greet: return "greet";
    case Act::thank: return "thank";
    case Act::part: return "part";
  }
  return "none";
}

Reply read_reply(const ReplyWords& words, std::string_view utterance) {
  const auto held = heard_words(utterance);
  const Tokens tokens(held);
  Reply out;
  if (const auto index = selection(tokens, words)) {
    out.act = Act::select;
    out.index = *index;
    out.only = true;
    return out;
  }
  std::size_t at = skip_polite(tokens, 0, words);
  // Only polite words may be an act themselves ("it", "what").
  if (at == tokens.size()) at = 0;
  while (at < tokens.size()) {
    const Found found = act_at(tokens, at, words);
    if (found.used == 0 || (out.act != Act::none && found.act != out.act)) break;
    out.act = found.act;
    at = skip_polite(tokens, at + found.used, words);
  }
  out.only = out.act != Act::none && at == tokens.size();
  if (at < tokens.size()) out.rest = utterance.substr(tokens[at].begin);
  return out;
}

}  // namespace weft::dialogue
