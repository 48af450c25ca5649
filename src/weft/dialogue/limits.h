// The limits of understanding that are no setting. Owned by dialogue.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weft::dialogue {

/// Of an utterance: what is read, and how many of its words count.
inline constexpr std::size_t kUtteranceBytesMax = 4096;
inline constexpr std::size_t kUtteranceWordsMax = 256;
/// Skills of a router, and examples of all of them.
inline constexpr std::size_t kRoutedSkillsMax = 4096;
inline constexpr std::size_t kExamplesMax = 200'000;

}  // namespace weft::dialogue
