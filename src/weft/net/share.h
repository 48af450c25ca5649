// How much one reader may take of its loop in a row: a peer that always has bytes ready would never
// let its reader wait, and so nobody else run. Owned by the reader; one loop.
#pragma once

#include <algorithm>
#include <cstddef>

#include "weft/net/limits.h"

namespace weft::net {

class Share {
 public:
  /// Counts a piece of so many bytes; a small one counts for kShareStepBytes.
  void take(std::size_t bytes) { taken_ += std::max(bytes, kShareStepBytes); }
  /// Whether everything else has its turn before more is read.
  bool used_up() const { return taken_ >= kShareBytesMax; }
  /// The loop was gone through.
  void renew() { taken_ = 0; }

 private:
  std::size_t taken_ = 0;
};

}  // namespace weft::net
