#include <algorithm>

#include "weft/dialogue/slots/filler.h"

// What is seen of a candidate. No feature names a service, nor a slot by more than the words of its
// name, so that what is learned with some forms holds for others.
namespace weft::dialogue {
namespace {

/// Words around a value in which the slot's own are looked for.
constexpr std::size_t kWindow = 4;

enum Form : std::uint64_t {
  kSituationPattern = 1,
  kKindPattern,
  kSituationCover,
  kKindLeft,
  kKindRight,
  kKindLeftTwo,
  kKindFirst,
  kKindLast,
  kAskedCover,
  kNamePattern,
  kNameLeft,
  kNameRight,
  kNameLeftTwo,
  kNameLast,
  kNameInner,
  kNear,
  kDescriptionLeft,
  kDescriptionPattern,
  kDescriptionLeftTwo,
  kKnown,
  kKnownSituation,
  kTold,
  kFilled,
  kType,
  kTypeName,
  kLeftShape,
  kRightShape,
  kNameContent,
  kLength,
  kLonger,
  kChoice,
  kNameLeftPattern,
  kKindLeftPattern,
  kOpens,
  kSituation,
  kWord,
  kWordAsked,
  kWordName,
  kTwoWords,
  kTwoWordsAsked,
  kBegins,
  kOverlap,
  kOverlapLeft,
  kOverlapLeftTwo,
  kOverlapRight,
  kPart,
  kActs,
  kLeftAny,
  kLeftTwoAny,
  kRightAny,
  kLeftNamed,
  kWindowNamed,
};

}  // namespace

std::uint64_t Candidates::situation_of(std::size_t slot) const {
  const SlotContext& context = turn_.slots[slot];
  std::uint64_t asked = context.asked ? (asked_ == 1 ? 3 : 2) : (asked_ > 0 ? 1 : 0);
  asked = asked * 3 + static_cast<std::uint64_t>(context.use);
  asked = asked * 2 + (context.filled.empty() ? 0 : 1);
  return asked * 2 + (context.told.empty() ? 0 : 1);
}

std::uint64_t Candidates::left_of(std::size_t token) const {
  if (token == 0) return 1;
  if (tokens_[token].before == Break::sentence) return 2;
  const std::uint64_t comma = tokens_[token].before == Break::comma ? 3 : 0;
  return tokens_[token - 1].hash + comma;
}

std::uint64_t Candidates::right_of(std::size_t token) const {
  if (token >= tokens_.size()) return 1;
  if (tokens_[token].before == Break::sentence) return 2;
  const std::uint64_t comma = tokens_[token].before == Break::comma ? 3 : 0;
  return tokens_[token].hash + comma;
}

void Candidates::describe(const Candidate& candidate, Features& out) const {
  out.begin(Question::fill);
  describe_slot(candidate, out);
  const bool placed = candidate.first < candidate.last;
  switch (candidate.kind) {
    case Candidate::Kind::span:
      describe_context(candidate, span_of(candidate.first, candidate.last), out);
      break;
    case Candidate::Kind::choice: {
      if (placed) describe_context(candidate, span_of(candidate.first, candidate.last), out);
      const auto& choices = turn_.form->slots[candidate.slot].choices;
      const auto& words = choices[candidate.choice];
      if (placed) {
        // A choice of more words that stands there as well is more likely meant.
        const bool longer = std::ranges::any_of(all_, [&](const Candidate& other) {
          return other.slot == candidate.slot && other.kind == candidate.kind &&
                 other.first <= candidate.first && other.last >= candidate.last &&
                 other.last - other.first > candidate.last - candidate.first;
        });
        out.add(kLonger, longer ? 1 : 0);
        break;
      }
      std::uint64_t hits = 0;
      for (const std::string& word : words) {
        describe_words(candidate, hash_of(word), out);
        hits += std::ranges::contains(stems_, stem_hash_of(word)) ? 1 : 0;
      }
      out.add(kPart, hits, words.size() - hits);
      break;
    }
    case Candidate::Kind::truth: describe_words(candidate, candidate.choice + 1, out); break;
    case Candidate::Kind::dont_care: describe_words(candidate, 3, out); break;
  }
}

void Candidates::describe_slot(const Candidate& candidate, Features& out) const {
  const PreparedSlot& slot = turn_.form->slots[candidate.slot];
  const std::uint64_t situation = situation_of(candidate.slot);
  const auto kind = static_cast<std::uint64_t>(candidate.kind) * 8 +
                    (candidate.first < candidate.last ? 4 : 0) +
                    (candidate.kind == Candidate::Kind::truth ? candidate.choice : 0);
  out.add(kSituation, kind, situation);
  out.add(kSituation, kind, situation, slot.kind);
  out.add(kOpens, kind, turn_.opens ? 1 : 0, slot.kind);
  out.add(kActs, kind, turn_.system_acts, situation);
}

void Candidates::describe_context(const Candidate& candidate, const Span& span,
                                  Features& out) const {
  const PreparedSlot& slot = turn_.form->slots[candidate.slot];
  const SlotContext& context = turn_.slots[candidate.slot];
  const std::uint64_t situation = situation_of(candidate.slot);
  const std::uint64_t kind = slot.kind;
  const std::uint64_t left = left_of(span.first);
  const std::uint64_t right = right_of(span.last);
  const std::uint64_t left_two =
      left > 2 && span.first > 0 ? mix(left, left_of(span.first - 1)) : left;
  const std::uint64_t first = tokens_[span.first].hash;
  const std::uint64_t last = tokens_[span.last - 1].hash;
  const std::uint64_t left_shape = left > 2 ? tokens_[span.first - 1].shape : 100 + left;
  const std::uint64_t right_shape = right > 2 ? tokens_[span.last].shape : 100 + right;
  out.add(kSituationPattern, situation, span.pattern);
  out.add(kKindPattern, kind, span.pattern);
  out.add(kSituationCover, situation, span.cover, kind);
  out.add(kAskedCover, context.asked ? 1 : 0, span.cover, span.pattern);
  out.add(kKindLeft, kind, left);
  out.add(kKindRight, kind, right);
  out.add(kKindLeftTwo, kind, left_two);
  out.add(kKindLeftPattern, kind, left, span.pattern);
  out.add(kKindFirst, kind, first);
  out.add(kKindLast, kind, last);
  out.add(kLeftShape, kind, left_shape, span.pattern);
  out.add(kRightShape, kind, right_shape, span.pattern);
  out.add(kLength, kind, span.last - span.first);
  out.add(kLeftAny, left, context.asked ? 1 : 0, span.pattern);
  out.add(kLeftTwoAny, left_two, static_cast<std::uint64_t>(context.use));
  out.add(kRightAny, right, context.asked ? 1 : 0);
  describe_names(candidate.slot, span, out);
  describe_slot_words(slot, span, {left, right, left_two}, out);
  describe_known(candidate, span, out);
}

/// The words around and within, against those of the slot's name and description.
void Candidates::describe_slot_words(const PreparedSlot& slot, const Span& span,
                                     const Around& around, Features& out) const {
  const auto [left, right, left_two] = around;
  const std::uint64_t kind = slot.kind;
  const std::uint64_t last = tokens_[span.last - 1].hash;
  std::uint64_t content = 0;
  for (std::size_t at = span.first; at > 0 && content == 0 && span.first - at < kWindow; --at) {
    if (tokens_[at].before == Break::sentence) break;
    if (!tokens_[at - 1].function) content = tokens_[at - 1].hash;
  }
  for (const std::uint64_t word : slot.name) {
    out.add(kNamePattern, word, span.pattern);
    out.add(kNameLeft, word, left);
    out.add(kNameRight, word, right);
    out.add(kNameLeftTwo, word, left_two);
    out.add(kNameLeftPattern, word, left, span.pattern);
    out.add(kNameLast, word, last);
    out.add(kNameContent, word, content);
    for (std::size_t at = span.first; at < span.last; ++at)
      out.add(kNameInner, word, tokens_[at].hash);
    if (span.type != 0) out.add(kTypeName, word, span.type);
  }
  for (const std::uint64_t word : slot.description) {
    out.add(kDescriptionLeft, word, left);
    out.add(kDescriptionPattern, word, span.pattern);
    out.add(kDescriptionLeftTwo, word, left_two);
  }
  for (std::size_t away = 1; away <= kWindow; ++away) {
    if (span.first >= away && std::ranges::contains(slot.all, stems_[span.first - away]))
      out.add(kNear, away, kind);
    const std::size_t after = span.last + away - 1;
    if (after < tokens_.size() && std::ranges::contains(slot.all, stems_[after]))
      out.add(kNear, 16 + away, kind);
  }
}

/// What was said of the value before.
void Candidates::describe_known(const Candidate& candidate, const Span& span, Features& out) const {
  const PreparedSlot& slot = turn_.form->slots[candidate.slot];
  const SlotContext& context = turn_.slots[candidate.slot];
  const std::uint64_t situation = situation_of(candidate.slot);
  const std::uint64_t kind = slot.kind;
  if (span.type != 0) out.add(kType, span.type, kind);
  std::uint64_t known = 0;
  if (turn_.known != nullptr) {
    if (const auto at = turn_.known->find(span.key); at != turn_.known->end())
      known = std::ranges::contains(at->second, slot.whole) ? 2 : 1;
  }
  out.add(kKnown, known, kind);
  out.add(kKnownSituation, known, situation, span.cover);
  const std::string_view said = turn_.utterance.substr(
      tokens_[span.first].begin, tokens_[span.last - 1].end - tokens_[span.first].begin);
  if (!context.told.empty()) out.add(kTold, said == context.told ? 1 : 0, turn_.system_acts);
  if (!context.filled.empty()) out.add(kFilled, said == context.filled ? 1 : 0, kind);
}

void Candidates::describe_names(std::size_t slot, const Span& span, Features& out) const {
  // Words around that are in this slot's name, and in those of others.
  const auto own_and_others = [&](std::size_t token) -> std::uint64_t {
    const std::uint64_t word = tokens_[token].hash;
    std::uint64_t out_bits = std::ranges::contains(turn_.form->slots[slot].name, word) ? 1 : 0;
    for (std::size_t other = 0; other < turn_.slots.size(); ++other) {
      if (other != slot && turn_.form->slots[other].input &&
          std::ranges::contains(turn_.form->slots[other].name, word))
        out_bits |= 2U;
    }
    return out_bits;
  };
  const std::uint64_t left = span.first > 0 ? own_and_others(span.first - 1) : 4;
  const std::uint64_t right = span.last < tokens_.size() ? own_and_others(span.last) : 4;
  std::uint64_t around = 0;
  for (std::size_t at = span.first - std::min(span.first, kWindow); at < span.first; ++at)
    around |= own_and_others(at);
  for (std::size_t at = span.last; at < std::min(tokens_.size(), span.last + 2); ++at)
    around |= own_and_others(at) * 4;
  const std::uint64_t asked = turn_.slots[slot].asked ? 1 : 0;
  out.add(kLeftNamed, left, right, asked);
  out.add(kWindowNamed, around, asked, span.pattern);
  out.add(kWindowNamed, around, turn_.form->slots[slot].kind);
}

void Candidates::describe_words(const Candidate& candidate, std::uint64_t value,
                                Features& out) const {
  const PreparedSlot& slot = turn_.form->slots[candidate.slot];
  const SlotContext& context = turn_.slots[candidate.slot];
  const auto kind = static_cast<std::uint64_t>(candidate.kind);
  const std::uint64_t asked = kind * 4 + (context.asked ? (asked_ == 1 ? 2 : 1) : 0);
  const bool names = candidate.kind == Candidate::Kind::truth;
  std::uint64_t before = 1;
  std::uint64_t hits = 0;
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    const std::uint64_t word = tokens_[at].hash;
    out.add(kWordAsked, asked, value, word);
    out.add(kTwoWordsAsked, asked, value, mix(before, word));
    if (names) {
      for (const std::uint64_t name : slot.name) out.add(kWordName, mix(kind, value), word, name);
    }
    if (std::ranges::contains(slot.all, stems_[at])) {
      ++hits;
      out.add(kOverlapLeft, mix(kind, value), left_of(at));
      out.add(kOverlapLeftTwo, mix(kind, value), at > 0 ? mix(left_of(at), left_of(at - 1)) : 0);
      out.add(kOverlapRight, mix(kind, value), right_of(at + 1));
    }
    before = word;
  }
  out.add(kOverlap, mix(kind, value), std::min<std::uint64_t>(hits, 4), asked);
  out.add(kOverlap, mix(kind, value),
          slot.all.empty() ? 0 : std::min<std::uint64_t>(4, hits * 4 / slot.all.size()));
  if (!tokens_.empty()) out.add(kBegins, asked, value, tokens_.front().hash);
}

}  // namespace weft::dialogue
