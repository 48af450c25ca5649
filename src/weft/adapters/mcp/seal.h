// requestState: what a modern client carries for weft between a question and its answer, sealed so
// that it can neither be read nor made. Owned by adapters/mcp; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "weft/base/ids.h"
#include "weft/base/json.h"
#include "weft/base/result.h"

namespace weft::adapters::mcp {

/// What a state stands for. A state opened by another principal, for another call or too late is
/// refused like a forged one.
struct ParkedCall {
  TaskId task;
  std::string principal;
  /// SHA-256 of method, name and arguments.
  std::string digest;
  std::int64_t expires_ms = 0;
  friend bool operator==(const ParkedCall&, const ParkedCall&) = default;
};

class Sealer {
 public:
  /// The key lives as long as the process: after a restart a state is refused, and the task is
  /// reached by its id.
  explicit Sealer(Random& random);
  std::string seal(const ParkedCall& call, Random& random) const;
  /// Errors are one identical message whatever is wrong.
  Result<ParkedCall> open(std::string_view state, std::string_view principal,
                          std::string_view digest, std::int64_t now_ms) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

/// Binds a state to what was called: method, name (or uri) and arguments, whatever the order of
/// their members.
std::string call_digest(std::string_view method, const json::object& params);

}  // namespace weft::adapters::mcp
