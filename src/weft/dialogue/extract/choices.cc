#include "weft/dialogue/extract/choices.h"

#include <algorithm>
#include <compare>
#include <format>
#include <tuple>

#include "weft/dialogue/extract/characters.h"
#include "weft/dialogue/extract/limits.h"
#include "weft/dialogue/limits.h"

namespace weft::dialogue {
namespace {

bool is_word(char c) {
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// A text as it is compared, and where each of its bytes came from.
struct Plain {
  std::string text;
  std::vector<std::uint32_t> from;
};

Plain plain(std::string_view text) {
  Plain out;
  out.text.reserve(text.size());
  out.from.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t space = space_bytes(text, i);
    const bool gap = space != 0 || text[i] == '-' || text[i] == '_';
    if (!gap || (!out.text.empty() && out.text.back() != ' ')) {
      out.text += gap ? ' ' : to_lower(text[i]);
      out.from.push_back(static_cast<std::uint32_t>(i));
    }
    i += std::max<std::size_t>(space, 1);
  }
  out.from.push_back(static_cast<std::uint32_t>(text.size()));
  return out;
}

std::string word_of(std::string_view text) {
  std::string out = plain(text).text;
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

struct Word {
  std::string text;
  std::uint32_t list = 0;
  std::uint32_t value = 0;
  friend auto operator<=>(const Word&, const Word&) = default;
};

}  // namespace

Result<Choices> Choices::create(std::span<const ChoiceList> lists) {
  Choices out;
  std::vector<Word> words;
  std::size_t bytes = 0;
  const auto add = [&](std::string_view text) {
    std::string word = word_of(text.substr(0, kChoiceWordBytesMax + 1));
    if (word.empty() || text.size() > kChoiceWordBytesMax) return;
    bytes += word.size();
    words.push_back({std::move(word), static_cast<std::uint32_t>(out.ids_.size() - 1),
                     static_cast<std::uint32_t>(out.values_.size() - 1)});
  };
  for (const ChoiceList& list : lists) {
    out.ids_.push_back(list.id);
    for (const Choice& choice : list.choices) {
      out.values_.push_back(choice.value);
      add(choice.value);
      for (const std::string& word : choice.words) add(word);
      if (words.size() > kChoiceWordsMax || bytes > kChoiceBytesMax) {
        return fail(Reason::too_large,
                    std::format("the choices of all skills are more than {} words or {} bytes",
                                kChoiceWordsMax, kChoiceBytesMax));
      }
    }
  }
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  out.words_ = words.size();
  // Breadth first over the sorted words: a state is a range of them with the same beginning.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<Range> ranges = {{0, static_cast<std::uint32_t>(words.size())}};
  out.states_.emplace_back();
  for (std::size_t s = 0; s < out.states_.size(); ++s) {
    const std::size_t depth = out.states_[s].depth;
    std::uint32_t w = ranges[s].begin;
    const std::uint32_t end = ranges[s].end;
    out.states_[s].first_target = static_cast<std::uint32_t>(out.targets_.size());
    for (; w < end && words[w].text.size() == depth; ++w)
      out.targets_.push_back({words[w].list, words[w].value});
    out.states_[s].targets =
        static_cast<std::uint32_t>(out.targets_.size()) - out.states_[s].first_target;
    out.states_[s].first_edge = static_cast<std::uint32_t>(out.edges_.size());
    while (w < end) {
      const char byte = words[w].text[depth];
      const std::uint32_t begin = w;
      while (w < end && words[w].text[depth] == byte) ++w;
      out.edges_.push_back(
          {static_cast<unsigned char>(byte), static_cast<std::uint32_t>(out.states_.size())});
      ++out.states_[s].edges;
      State child;
      child.depth = static_cast<std::uint16_t>(depth + 1);
      out.states_.push_back(child);
      ranges.push_back({begin, w});
    }
  }
  out.link();
  return out;
}

void Choices::link() {
  // States are in the order of their depth, so what a failure points to is linked already.
  for (std::uint32_t s = 0; s < states_.size(); ++s) {
    for (std::uint32_t e = 0; e < states_[s].edges; ++e) {
      const Edge& edge = edges_[states_[s].first_edge + e];
      State& child = states_[edge.state];
      child.failure = s == 0 ? 0 : next(states_[s].failure, static_cast<char>(edge.byte));
      const State& shorter = states_[child.failure];
      child.output = shorter.targets > 0 ? child.failure : shorter.output;
    }
  }
}

std::uint32_t Choices::child(std::uint32_t state, char byte) const {
  const State& at = states_[state];
  const auto begin = edges_.begin() + at.first_edge;
  const auto end = begin + at.edges;
  const auto key = static_cast<unsigned char>(byte);
  const auto found = std::lower_bound(
      begin, end, key, [](const Edge& edge, unsigned char b) { return edge.byte < b; });
  return found != end && found->byte == key ? found->state : 0;
}

std::uint32_t Choices::next(std::uint32_t state, char byte) const {
  while (true) {
    const std::uint32_t to = child(state, byte);
    if (to != 0 || state == 0) return to;
    state = states_[state].failure;
  }
}

std::vector<Value> Choices::values(std::string_view utterance) const {
  std::vector<Value> out;
  if (targets_.empty()) return out;
  const Plain text = plain(utterance.substr(0, kUtteranceBytesMax));
  struct Hit {
    std::size_t begin;
    std::size_t end;
    Target target;
  };
  std::vector<Hit> hits;
  std::uint32_t state = 0;
  for (std::size_t i = 0; i < text.text.size(); ++i) {
    state = next(state, text.text[i]);
    const std::size_t end = i + 1;
    const bool ends = end == text.text.size() || !is_word(text.text[end]) || !is_word(text.text[i]);
    if (!ends) continue;
    std::uint32_t at = states_[state].targets > 0 ? state : states_[state].output;
    for (; at != 0 && hits.size() < kChoiceHitsMax; at = states_[at].output) {
      const std::size_t begin = end - states_[at].depth;
      if (begin > 0 && is_word(text.text[begin - 1]) && is_word(text.text[begin])) continue;
      for (std::uint32_t t = 0; t < states_[at].targets && hits.size() < kChoiceHitsMax; ++t)
        hits.push_back({begin, end, targets_[states_[at].first_target + t]});
    }
  }
  // Per list, the longest of those that begin together come first.
  std::vector<std::size_t> order(hits.size());
  for (std::size_t n = 0; n < order.size(); ++n) order[n] = n;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::tuple(hits[a].target.list, hits[a].begin, ~hits[a].end) <
           std::tuple(hits[b].target.list, hits[b].begin, ~hits[b].end);
  });
  std::vector<bool> inside(hits.size());
  const Hit* widest = nullptr;
  for (const std::size_t n : order) {
    const Hit& hit = hits[n];
    const bool same_list = widest != nullptr && widest->target.list == hit.target.list;
    const bool longer = same_list && widest->end - widest->begin > hit.end - hit.begin;
    inside[n] = longer && hit.end <= widest->end;
    if (!same_list || hit.end > widest->end) widest = &hit;
  }
  out.reserve(hits.size());
  for (std::size_t n = 0; n < hits.size(); ++n) {
    if (inside[n]) continue;
    const Hit& hit = hits[n];
    const std::size_t last = text.from[hit.end - 1];
    out.push_back({ValueType::choice,
                   text.from[hit.begin],
                   last + 1,
                   values_[hit.target.value],
                   ids_[hit.target.list],
                   {}});
  }
  return out;
}

std::size_t Choices::bytes() const {
  std::size_t out = states_.capacity() * sizeof(State) + edges_.capacity() * sizeof(Edge) +
                    targets_.capacity() * sizeof(Target);
  for (const std::string& text : ids_) out += sizeof(std::string) + text.capacity();
  for (const std::string& text : values_) out += sizeof(std::string) + text.capacity();
  return out;
}

}  // namespace weft::dialogue
