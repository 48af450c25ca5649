// The limits of the S3 endpoint. Owned by adapters/sagemaker.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::adapters::sagemaker::s3 {

/// What one request may put: an object, or a part of one (S3's own limit).
inline constexpr std::uint64_t kPutBytesMax = 5ULL * 1024 * 1024 * 1024;
/// Bodies go to the store and come from it in pieces of this: what one request holds in memory.
inline constexpr std::size_t kPieceBytes = 512 * 1024;
/// An object up to this is answered at once.
inline constexpr std::size_t kSmallObjectBytes = 64 * 1024;
inline constexpr std::size_t kKeyBytesMax = 1'024;
/// The names and values of x-amz-meta-… together.
inline constexpr std::size_t kUserMetaBytesMax = 2 * 1024;
/// Bodies in XML: ten thousand parts with their checksums are the longest.
inline constexpr std::size_t kXmlBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kListedMax = 1'000;
inline constexpr std::size_t kDeletedAtOnceMax = 1'000;
inline constexpr int kPartNumberMax = 10'000;
/// All parts but the last have this many bytes at least.
inline constexpr std::uint64_t kPartBytesMin = 5ULL * 1024 * 1024;
/// For how long a URL of the older scheme may be good: as long as one of the newer.
inline constexpr std::int64_t kPresignedSecondsMax = 7 * 24 * 3600;
/// Objects of one DeleteObjects that are removed at the same time: in another store each of them is
/// two requests.
inline constexpr std::size_t kRemovalsAtOnce = 16;
/// Buckets of one principal that a list tells.
inline constexpr std::size_t kBucketsListedMax = 10'000;

}  // namespace weft::adapters::sagemaker::s3
