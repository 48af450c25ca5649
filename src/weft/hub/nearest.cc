#include "weft/hub/nearest.h"

#include <algorithm>
#include <numeric>

namespace weft::hub {
namespace {

/// Longer words are not typed: their likeness is not worth its time.
constexpr std::size_t kCharsMax = 80;

std::size_t distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kCharsMax), b = b.substr(0, kCharsMax);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t above = row[k];
      row[k] = std::min({row[k] + 1, row[k - 1] + 1, corner + (a[i - 1] == b[k - 1] ? 0 : 1)});
      corner = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& known,
                                 std::size_t count) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const auto& candidate : known) {
    const bool part = !word.empty() && candidate.contains(word);
    ranked.emplace_back(part ? 1 : distance(word, candidate), candidate);
  }
  std::ranges::sort(ranked);
  const std::size_t close = word.size() / 3 + 1;
  if (!ranked.empty() && ranked.front().first <= close) {
    std::erase_if(ranked, [&](const auto& item) { return item.first > close; });
  }
  std::vector<std::string> out;
  for (auto& [rank, candidate] : ranked) {
    if (out.size() == count) break;
    out.push_back(std::move(candidate));
  }
  return out;
}

std::string quoted_list(const std::vector<std::string>& words) {
  if (words.empty()) return "none";
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ", ";
    out += '`';
    out += word;
    out += '`';
  }
  return out;
}

}  // namespace weft::hub
