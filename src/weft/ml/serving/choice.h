// Whose turn it is, by weight: smoothly (7 and 3 give aabaaabaab, not aaaaaaabbb), and exactly over
// every stretch as long as the sum of whole weights. Pure; one loop.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weft::ml {

class SmoothChoice {
 public:
  /// Weights count in millionths; at most 32 of them. One of 0 never has its turn.
  explicit SmoothChoice(std::span<const double> weights) { set(weights); }
  /// As many as before.
  void set(std::span<const double> weights);
  /// The next of those whose bit is set in `among`; nothing when none of them has a weight.
  std::optional<std::size_t> next(std::uint32_t among);

 private:
  struct Share {
    std::int64_t weight = 0;
    std::int64_t owed = 0;
  };
  std::vector<Share> shares_;
};

}  // namespace weft::ml
