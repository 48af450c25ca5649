// Digests and checksums that protocols name. Owned by wire; pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weft::wire {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
/// The same with a digest as the key: how chains of keys are derived.
Sha256 hmac_sha256(const Sha256& key, std::string_view bytes);
/// 64 lower-case digits.
std::string hex(const Sha256& digest);

enum class DigestKind : std::uint8_t { md5, sha1, sha256, crc32, crc32c, crc64nvme };
/// As S3 spells them in `x-amz-checksum-NAME`, in any case: `crc32`, `crc32c`, `crc64nvme`, `sha1`,
/// `sha256`.
std::optional<DigestKind> checksum_kind_from(std::string_view word);
std::string_view to_string(DigestKind kind);
/// How many bytes a digest of the kind has.
std::size_t digest_bytes(DigestKind kind);

/// A digest of bytes that come in pieces.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void add(std::string_view bytes);
  /// The digest's bytes, a CRC's with the highest first. Once; nothing can be added after it.
  std::string finish();
  DigestKind kind() const { return kind_; }

 private:
  struct State;
  DigestKind kind_;
  std::unique_ptr<State> state_;
};

/// Whether the two are equal, in a time that only depends on their lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace weft::wire
