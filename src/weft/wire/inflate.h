// Bodies that came packed. Owned by wire; pure.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weft/base/result.h"

namespace weft::wire {

/// The bytes in one gzip (RFC 1952) or zlib (RFC 1950, HTTP's `deflate`) stream. Errors:
/// Reason::invalid_argument when it is none or not whole, Reason::too_large past the limit.
Result<std::string> inflate(std::string_view packed, std::size_t bytes_max);

/// What is packed with gzip, piece by piece, several streams one behind the other too. For one
/// thread at a time.
class Inflating {
 public:
  Inflating();
  ~Inflating();
  Inflating(const Inflating&) = delete;

  /// Gives what the piece unpacks to on, in blocks of at most 16 KiB, and stops at its first error.
  /// Errors: that one; Reason::invalid_argument for what is no gzip.
  Result<void> take(std::string_view packed,
                    const std::function<Result<void>(std::string_view)>& give);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::wire
