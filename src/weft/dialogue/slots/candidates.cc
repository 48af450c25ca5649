#include <algorithm>

#include "weft/dialogue/slots/filler.h"

namespace weft::dialogue {
namespace {

/// Values of so many words; in small letters alone fewer.
constexpr std::size_t kSpanWordsMax = 8;
constexpr std::size_t kSmallWordsMax = 5;
/// Places in which one choice is looked for.
constexpr std::size_t kPlacesMax = 3;

bool takes_spans(SlotKind kind) { return kind != SlotKind::boolean && kind != SlotKind::choice; }

bool same_word(const Token& token, const std::string& word) {
  if (token.lower == word) return true;
  if (token.number >= 0 && std::to_string(token.number) == word) return true;
  // Forms of one word ("beds", "bedrooms" is another) part near their ends.
  const auto parts = std::ranges::mismatch(token.lower, word);
  const auto common = static_cast<std::size_t>(parts.in2 - word.begin());
  return common >= 4 && common + 2 >= std::max(word.size(), token.lower.size());
}

std::uint64_t cover_step(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : std::min<std::uint64_t>(4, part * 4 / whole);
}

}  // namespace

std::uint64_t known_key_of(std::string_view text, const Vocabulary& vocabulary) {
  std::uint64_t key = 0;
  for (const Token& token : tokens_of(text, vocabulary)) key = mix(key, token.hash);
  return key;
}

Candidates::Candidates(const Turn& turn, const Vocabulary& vocabulary)
    : turn_(turn), tokens_(tokens_of(turn.utterance, vocabulary)) {
  stems_.reserve(tokens_.size());
  said_.reserve(tokens_.size() + 1);
  std::size_t said = 0;
  for (const Token& token : tokens_) {
    stems_.push_back(stem_hash_of(token.lower));
    said_.push_back(said);
    said += token.function ? 0 : 1;
  }
  said_.push_back(said);
  for (const SlotContext& slot : turn.slots) asked_ += slot.asked ? 1 : 0;
  add_spans();
  for (std::size_t slot = 0; slot < turn.slots.size(); ++slot) {
    if (!turn.form->slots[slot].input) continue;
    const Slot& own = turn.form->form.slots[slot];
    if (own.kind == SlotKind::choice) add_choices(slot);
    if (own.kind == SlotKind::boolean) {
      for (const std::size_t truth : {0U, 1U})
        all_.push_back({.kind = Candidate::Kind::truth, .slot = slot, .choice = truth});
    }
    all_.push_back({.kind = Candidate::Kind::dont_care, .slot = slot});
  }
}

void Candidates::add_spans() {
  std::vector<std::size_t> slots;
  for (std::size_t slot = 0; slot < turn_.slots.size(); ++slot) {
    if (turn_.form->slots[slot].input && takes_spans(turn_.form->form.slots[slot].kind))
      slots.push_back(slot);
  }
  if (slots.empty()) return;
  for (std::size_t first = 0; first < tokens_.size(); ++first) {
    // "The" belongs to a date ("the 4th") where it is said so.
    const bool of_date = first + 1 < tokens_.size() && tokens_[first + 1].shape > 1 &&
                         !tokens_[first + 1].function && tokens_[first + 1].before == Break::none;
    if (tokens_[first].function && !of_date) continue;
    bool small = true;
    for (std::size_t last = first + 1; last <= std::min(tokens_.size(), first + kSpanWordsMax);
         ++last) {
      const Token& token = tokens_[last - 1];
      // A point ends a sentence, but for that of an abbreviation.
      if (last - 1 > first && token.before == Break::sentence &&
          !(token.capital && tokens_[last - 2].lower.size() <= 2))
        break;
      small = small && token.shape == 0;
      if (small && last - first > kSmallWordsMax) break;
      if (token.function) continue;
      for (const std::size_t slot : slots)
        all_.push_back({.kind = Candidate::Kind::span, .slot = slot, .first = first, .last = last});
    }
  }
}

void Candidates::add_choices(std::size_t slot) {
  const auto& choices = turn_.form->slots[slot].choices;
  for (std::size_t choice = 0; choice < choices.size(); ++choice) {
    const std::vector<std::string>& words = choices[choice];
    std::size_t places = 0;
    for (std::size_t at = 0; !words.empty() && at + words.size() <= tokens_.size(); ++at) {
      const bool here = std::ranges::equal(
          std::span(tokens_).subspan(at, words.size()), words,
          [](const Token& token, const std::string& word) { return same_word(token, word); });
      if (!here || places >= kPlacesMax) continue;
      ++places;
      all_.push_back({.kind = Candidate::Kind::choice,
                      .slot = slot,
                      .first = at,
                      .last = at + words.size(),
                      .choice = choice});
    }
    if (places == 0)
      all_.push_back({.kind = Candidate::Kind::choice, .slot = slot, .choice = choice});
  }
}

Candidates::Span Candidates::span_of(std::size_t first, std::size_t last) const {
  Span out{.first = first, .last = last, .pattern = 0, .key = 0, .cover = 0, .type = 0};
  std::uint32_t previous = 99;
  for (std::size_t at = first; at < last; ++at) {
    const Token& token = tokens_[at];
    out.key = mix(out.key, token.hash);
    if (at > first && token.before != Break::none)
      out.pattern = mix(out.pattern, 900 + static_cast<std::uint64_t>(token.before));
    if (token.shape != previous || token.shape > 1) out.pattern = mix(out.pattern, token.shape);
    previous = token.shape;
  }
  out.cover = cover_step(said_[last] - said_[first], said_.back());
  for (const Value& value : turn_.values) {
    if (value.begin == tokens_[first].begin && value.end == tokens_[last - 1].end)
      out.type = out.type * 16 + static_cast<std::uint64_t>(value.type) + 1;
  }
  return out;
}

Filling Candidates::filling_of(const Candidate& candidate) const {
  Filling out;
  out.slot = candidate.slot;
  if (candidate.first < candidate.last) {
    out.begin = tokens_[candidate.first].begin;
    out.end = tokens_[candidate.last - 1].end;
  }
  switch (candidate.kind) {
    case Candidate::Kind::span:
      // A possessive is none of the value's letters, but those of a name that has it.
      out.value = turn_.utterance.substr(out.begin, out.end - out.begin);
      break;
    case Candidate::Kind::choice:
      out.value = turn_.form->form.slots[candidate.slot].choices[candidate.choice];
      break;
    case Candidate::Kind::truth: out.value = candidate.choice == 1 ? kTrue : kFalse; break;
    case Candidate::Kind::dont_care: out.value = kDontCare; break;
  }
  return out;
}

std::vector<Filling> Filler::fill(const Turn& turn, float least) const {
  const Candidates candidates(turn, vocabulary_);
  struct Scored {
    float probability;
    std::size_t at;
  };
  std::vector<Scored> scored;
  Features features;
  for (std::size_t at = 0; at < candidates.all().size(); ++at) {
    candidates.describe(candidates.all()[at], features);
    const float probability = model_.probability(features);
    if (probability >= least) scored.push_back({probability, at});
  }
  std::ranges::stable_sort(scored, std::ranges::greater(), &Scored::probability);
  std::vector<Filling> out;
  for (const Scored& each : scored) {
    Filling filling = candidates.filling_of(candidates.all()[each.at]);
    filling.probability = each.probability;
    const bool taken = std::ranges::any_of(out, [&](const Filling& other) {
      return other.slot == filling.slot || (filling.begin < other.end && other.begin < filling.end);
    });
    if (!taken) out.push_back(std::move(filling));
  }
  return out;
}

}  // namespace weft::dialogue
