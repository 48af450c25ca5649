// The limits of the runtime door. Owned by adapters/sagemaker/runtime.
#pragma once

#include <cstddef>

namespace weft::adapters::sagemaker::runtime {

/// EndpointName, TargetVariant and InferenceComponentName; CustomAttributes, ContentType and Accept
/// (the service model's own).
inline constexpr std::size_t kNameCharsMax = 63;
inline constexpr std::size_t kHeaderCharsMax = 1'024;
inline constexpr std::size_t kSessionCharsMax = 256;
/// What of a model's own message an error tells.
inline constexpr std::size_t kOriginalMessageBytesMax = 64 * 1024;
/// A piece of a streamed answer is sent in parts of at most so many bytes.
inline constexpr std::size_t kPartBytesMax = 512 * 1024;
/// An answer that is made of a solution's output.
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;

}  // namespace weft::adapters::sagemaker::runtime
