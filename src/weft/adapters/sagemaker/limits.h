// The limits of the SageMaker adapter. Owned by adapters/sagemaker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::adapters::sagemaker {

/// A request of a service that is called with JSON, a form or CBOR.
inline constexpr std::size_t kServiceRequestBytesMax = 4 * 1024 * 1024;
/// A request to an endpoint (SageMaker takes 6 MiB).
inline constexpr std::size_t kInvocationBytesMax = 64 * 1024 * 1024;

/// How far a request's clock may be from the hub's: five minutes ("Signing AWS API requests" of the
/// IAM User Guide), fifteen for S3 ("Authenticating requests" of its API Reference).
inline constexpr std::int64_t kClockSkewSeconds = 5 * 60;
inline constexpr std::int64_t kClockSkewSecondsOfS3 = 15 * 60;
/// Signing keys that are remembered, each for a key of the hub, a day, a region and a service.
inline constexpr std::size_t kSigningKeysMax = 1'024;

/// The query form: parameters, and how deep their names go.
inline constexpr std::size_t kFormFieldsMax = 10'000;
inline constexpr std::size_t kFormDepthMax = 16;
/// A list of the query form has no more elements (their numbers are the caller's).
inline constexpr std::size_t kFormElementsMax = 10'000;
inline constexpr std::size_t kCborDepthMax = 64;

/// Of a value that does not fit its shape, so much is repeated; so many faults are told; so many
/// elements of a list or map are looked at.
inline constexpr std::size_t kShownValueBytesMax = 256;
inline constexpr std::size_t kShapeFaultsShownMax = 20;
inline constexpr std::size_t kShapeElementsMax = 100'000;

}  // namespace weft::adapters::sagemaker
