// The limits of the Open Inference Protocol adapter. Owned by adapters/oip.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::adapters::oip {

/// A request: its JSON and the tensors behind it.
inline constexpr std::size_t kRequestBytesMax = 256 * 1024 * 1024;
/// A request that came packed, unpacked: this takes the loop some 100 ms.
inline constexpr std::size_t kUnpackedBytesMax = 32 * 1024 * 1024;
/// A solution's answer, likewise.
inline constexpr std::size_t kAnswerBytesMax = 256 * 1024 * 1024;
/// An answer that is made of a solution's output.
inline constexpr std::size_t kOutputBytesMax = 16 * 1024 * 1024;
/// Metadata of a server or a model, or its list of models.
inline constexpr std::size_t kMetadataBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kErrorBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kStreamEventBytesMax = 1024 * 1024;
/// Models of one server that become skills, and how many are asked for at once.
inline constexpr std::size_t kModelsMax = 1'024;
inline constexpr std::size_t kModelsAtOnce = 8;
inline constexpr std::size_t kModelNameCharsMax = 512;
/// Texts of one request to a solution that converses: each is a call of its own, so many at once.
inline constexpr std::size_t kBatchMax = 64;
inline constexpr std::size_t kBatchAtOnce = 8;
/// Arguments that are shown as a tensor each; beyond, all are one JSON text.
inline constexpr std::size_t kMembersMax = 64;
inline constexpr Milliseconds kStreamKeepAlive{15'000};

}  // namespace weft::adapters::oip
