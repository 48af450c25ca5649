// The official measures of the DSTC8 track on schema-guided state tracking (`metrics.py` of
// google-research/schema_guided_dst). Owned by whoever measures; pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::dialogue {

/// Between 0 and 1: how alike two texts are, whatever the order of their words: fuzzywuzzy's
/// token_sort_ratio over python-Levenshtein's ratio.
double token_sort_ratio(std::string_view a, std::string_view b);

/// The best of the accepted spellings.
double best_ratio(std::string_view value, std::span<const std::string> accepted);

/// 2PR / (P + R); 1 when both are empty.
double f1_of(std::span<const std::string> gold, std::span<const std::string> predicted);

/// A mean that is not there while nothing was added.
struct Mean {
  double sum = 0;
  double count = 0;
  void add(double value) {
    sum += value;
    count += 1;
  }
  double get() const { return count > 0 ? sum / count : 0; }
};

}  // namespace weft::dialogue
