#include "weft/dialogue/training/slots/ftrl.h"

#include <algorithm>

namespace weft::dialogue {

LinearModel Ftrl::finish() const {
  constexpr float kStep = 1.0F / 1024;
  constexpr float kMost = 32767;
  std::vector<std::int16_t> weights(cells_.size(), 0);
  for (std::size_t at = 0; at < cells_.size(); ++at)
    weights[at] = static_cast<std::int16_t>(
        std::lround(std::clamp(weight(cells_[at]) / kStep, -kMost, kMost)));
  return {bits_, kStep, std::move(weights)};
}

}  // namespace weft::dialogue
