// Typed identifiers and their making. Owned by base; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace weft {

/// A string that names one kind of thing; two kinds never mix.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}
  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string value_;
};

using SolutionId = Id<struct SolutionTag>;
using SkillId = Id<struct SkillTag>;
using CallId = Id<struct CallTag>;
using TaskId = Id<struct TaskTag>;
using ContextId = Id<struct ContextTag>;
using KeyId = Id<struct KeyTag>;

/// Where random bits come from; tests pass a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

/// The kernel's randomness (getrandom).
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

/// A unique id that sorts by time: 26 characters of Crockford's base 32 (48 bits of milliseconds
/// since the epoch, 80 random bits).
std::string make_ulid(std::int64_t unix_ms, Random& random);
/// `bytes` random bytes as lower-case hexadecimal.
std::string random_hex(std::size_t bytes, Random& random);
/// A name made fit for `[a-z0-9-]{1,40}`; empty when nothing of it is.
std::string slug(std::string_view name);

}  // namespace weft

template <class Tag>
struct std::hash<weft::Id<Tag>> {
  std::size_t operator()(const weft::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
