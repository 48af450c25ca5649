// Logistic regression learned case by case: follow the regularised leader, each weight with its own
// pace, what says little stays 0 (McMahan et al., KDD 2013). Owned by whoever trains.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weft/dialogue/slots/linear.h"

namespace weft::dialogue {

class Ftrl {
 public:
  struct Pace {
    float alpha = 0.2F;
    float beta = 1.0F;
    float l1 = 1.0F;
    float l2 = 0.5F;
  };

  Ftrl(unsigned bits, Pace pace)
      : bits_(bits), pace_(pace), cells_(std::size_t{1} << bits), mask_((1U << bits) - 1) {}

  float probability(const Features& features) const {
    float sum = 0;
    for (const std::uint32_t feature : features.ids()) sum += weight(cells_[feature & mask_]);
    return logistic(sum);
  }
  /// One case; the probability it had before.
  float learn(const Features& features, bool holds) {
    const float before = probability(features);
    const float gradient = before - (holds ? 1.0F : 0.0F);
    for (const std::uint32_t feature : features.ids()) {
      Cell& cell = cells_[feature & mask_];
      const float n = cell.n + gradient * gradient;
      const float sigma = (std::sqrt(n) - std::sqrt(cell.n)) / pace_.alpha;
      cell.z += gradient - sigma * weight(cell);
      cell.n = n;
    }
    return before;
  }
  LinearModel finish() const;

 private:
  struct Cell {
    float z = 0;
    float n = 0;
  };
  float weight(const Cell& cell) const {
    if (std::abs(cell.z) <= pace_.l1) return 0;
    const float sign = cell.z < 0 ? -1.0F : 1.0F;
    return -(cell.z - sign * pace_.l1) /
           ((pace_.beta + std::sqrt(cell.n)) / pace_.alpha + pace_.l2);
  }

  unsigned bits_;
  Pace pace_;
  std::vector<Cell> cells_;
  std::uint32_t mask_;
};

}  // namespace weft::dialogue
