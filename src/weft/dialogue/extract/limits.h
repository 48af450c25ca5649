// The limits of extraction that are no setting, beside those of weft/dialogue/limits.h.
#pragma once

#include <cstddef>

namespace weft::dialogue {

/// Of all the lists of choices together: words and bytes of words.
inline constexpr std::size_t kChoiceWordsMax = 500'000;
inline constexpr std::size_t kChoiceBytesMax = 8U << 20;
/// A longer word is never said, and is left out.
inline constexpr std::size_t kChoiceWordBytesMax = 256;
/// Hits of one utterance.
inline constexpr std::size_t kChoiceHitsMax = 1024;

}  // namespace weft::dialogue
