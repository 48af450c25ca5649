#include "weft/dialogue/replay/metrics.h"

#include <algorithm>
#include <cmath>

#include "weft/dialogue/router/words.h"

namespace weft::dialogue {
namespace {

/// Lower case, the words sorted, one space between.
std::string sorted_words(std::string_view text) {
  std::string letters;
  letters.reserve(text.size());
  for (const char c : text) {
    // What is no letter or digit parts words, apostrophes too.
    letters += c == '\'' || c == '_' ? ' ' : c;
  }
  std::vector<std::string> words = words_of(letters);
  std::ranges::sort(words);
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

/// Of the longest common subsequence.
std::size_t common_length(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (const char c : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = c == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

double token_sort_ratio(std::string_view a, std::string_view b) {
  const std::string first = sorted_words(a);
  const std::string second = sorted_words(b);
  if (first == second) return first.empty() ? 0 : 1;
  const auto both = static_cast<double>(first.size() + second.size());
  return std::round(200 * static_cast<double>(common_length(first, second)) / both) / 100;
}

double best_ratio(std::string_view value, std::span<const std::string> accepted) {
  double best = 0;
  for (const std::string& each : accepted) best = std::max(best, token_sort_ratio(value, each));
  return best;
}

double f1_of(std::span<const std::string> gold, std::span<const std::string> predicted) {
  if (gold.empty() && predicted.empty()) return 1;
  if (gold.empty() || predicted.empty()) return 0;
  const auto hits = static_cast<double>(std::ranges::count_if(
      predicted, [&](const std::string& each) { return std::ranges::contains(gold, each); }));
  return 2 * hits / static_cast<double>(gold.size() + predicted.size());
}

}  // namespace weft::dialogue
