// The limits of the router that are no setting, beside those of all understanding. Owned by
// dialogue.
#pragma once

#include <cstddef>

namespace weft::dialogue {

/// Of a skill's schema: parameters, choices of each, and how deep it is read.
inline constexpr std::size_t kRoutedParametersMax = 256;
inline constexpr std::size_t kRoutedChoicesMax = 256;
inline constexpr std::size_t kRoutedSchemaDepthMax = 8;
/// Of a skill's examples, whose words count as its own: with more of them it is learned what they
/// have in common.
inline constexpr std::size_t kExamplesRead = 6;
/// Of what a skill says in one place (its name, its description, all parameters, all choices).
inline constexpr std::size_t kSkillWordsMax = 2048;

}  // namespace weft::dialogue
