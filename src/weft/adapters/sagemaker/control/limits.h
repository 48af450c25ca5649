// The limits of the control plane that are not in the shapes. Owned by adapters/sagemaker.
#pragma once

#include <cstddef>

namespace weft::adapters::sagemaker {

/// Names that hold an ARN's, among which the one that is alike but for its case is looked for.
inline constexpr std::size_t kNamesLikeMax = 10'000;
inline constexpr std::size_t kNamesAtOnce = 500;
/// What one search looks at.
inline constexpr std::size_t kSearchedMax = 100'000;
/// Conditions of one search, those of its parts included.
inline constexpr std::size_t kSearchConditionsMax = 1'000;

}  // namespace weft::adapters::sagemaker
