// Where one sentence is cut into several wishes.
#include "weft/dialogue/talk/concierge.h"

#include <algorithm>
#include <limits>

#include "weft/dialogue/limits.h"
#include "weft/dialogue/talk/heard.h"
#include "weft/dialogue/talk/routed_parts.h"

namespace weft::dialogue {
namespace {

/// What a further wish in one sentence must bring.
constexpr float kSegmentCost = 0.3F;
/// Surer than this is no more of a wish: else "a taxi from 3 Long Road, Pudong to …" would be one
/// up to the comma.
constexpr float kSureMost = 1.5F;
constexpr std::size_t kSegmentWordsMin = 2;

/// How sure it is that a part of a sentence is a wish: 0 when it is none by itself, and belongs to
/// its neighbour.
float worth_of(const Routing& routing) {
  if (routing.ranked.empty() || routing.zone == Zone::decline) return 0;
  const float sure = std::clamp(routing.ranked.front().score + 1, 0.0F, kSureMost);
  return routing.zone == Zone::go ? sure : sure / 2;
}

}  // namespace

/// Cut where the sum of what each part is surest of is greatest.
std::vector<std::string_view> Concierge::segments_of(std::string_view utterance,
                                                     RoutedParts& routed) const {
  const auto words = heard_words(utterance);
  struct Cut {
    std::size_t end;    ///< of the part before: bytes
    std::size_t begin;  ///< of the part after
    std::size_t word;
  };
  std::vector<Cut> cuts{{0, 0, 0}};
  for (std::size_t i = 1; i < words.size() && cuts.size() < kCutsMax; ++i) {
    std::size_t used = 0;
    while (i + used < words.size()) {
      const std::size_t more = match(words, i + used, phrases_.connectors);
      if (more == 0) break;
      used += more;
    }
    if (used == 0 || i + used >= words.size()) continue;
    const char next = utterance[words[i + used].begin];
    // "314 Renmin Road, Jing'an" is one address.
    const bool in_address = used == 1 && words[i].word == "," && next >= 'A' && next <= 'Z' &&
                            std::ranges::contains(phrases_.streets, words[i - 1].word);
    if (in_address) continue;
    cuts.push_back({words[i - 1].end, words[i + used].begin, i + used});
    i += used;
  }
  cuts.push_back({utterance.size(), utterance.size(), words.size()});
  const std::size_t count = cuts.size();
  std::vector<float> best(count, -std::numeric_limits<float>::infinity());
  std::vector<std::size_t> from(count, 0);
  best[0] = 0;
  for (std::size_t end = 1; end < count; ++end) {
    for (std::size_t begin = 0; begin < end; ++begin) {
      if (cuts[end].word - cuts[begin].word < kSegmentWordsMin && count > 2) continue;
      const auto part = utterance.substr(cuts[begin].begin, cuts[end].end - cuts[begin].begin);
      const float value = worth_of(routed.of(part)) - kSegmentCost;
      if (best[begin] + value > best[end]) {
        best[end] = best[begin] + value;
        from[end] = begin;
      }
    }
  }
  std::vector<std::string_view> out;
  for (std::size_t end = count - 1; end > 0; end = from[end]) {
    const std::size_t begin = from[end];
    out.push_back(utterance.substr(cuts[begin].begin, cuts[end].end - cuts[begin].begin));
  }
  std::ranges::reverse(out);
  return out;
}

/// Whether it says how things are, and asks for nothing.
bool Concierge::states(std::string_view part) const {
  const auto words = heard_words(part);
  return !part.contains('?') && match(words, 0, phrases_.statements) > 0;
}

/// "I have a fever, book me a doctor": what is said before a clear wish, and of the same solution
/// if of any, belongs to it. To one that hears sentences itself also what asks for nothing.
std::vector<std::string_view> Concierge::with_context(std::vector<std::string_view> parts,
                                                      RoutedParts& routed) const {
  const auto first_of = [this](const Routing& routing) -> const KnownSkill* {
    return routing.ranked.empty() ? nullptr : &repertoire_->ranked(routing.ranked.front());
  };
  for (std::size_t i = 0; i + 1 < parts.size();) {
    const Routing& here = routed.of(parts[i]);
    const Routing& next = routed.of(parts[i + 1]);
    const KnownSkill* own = first_of(here);
    const KnownSkill* meant = first_of(next);
    bool belongs = next.zone == Zone::go && own != nullptr && meant != nullptr &&
                   own->solution == meant->solution &&
                   (here.zone == Zone::ask ||
                    (meant->converses && (here.zone == Zone::decline || states(parts[i]))));
    const char* begin = parts[i].data();
    const char* end = parts[i + 1].data() + parts[i + 1].size();
    const std::string_view together(begin, static_cast<std::size_t>(end - begin));
    if (belongs && meant->converses) {
      // It hears all of it, and nothing is lost.
      routed.means(together, parts[i + 1]);
    } else if (belongs) {
      // Together they must still be the same wish.
      const Routing& both = routed.of(together);
      belongs = both.zone == Zone::go && first_of(both)->solution == meant->solution;
    }
    if (!belongs) {
      ++i;
      continue;
    }
    parts[i + 1] = together;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return parts;
}

}  // namespace weft::dialogue
