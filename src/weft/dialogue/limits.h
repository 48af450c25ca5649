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
/// Slots of a skill, and how deep objects in its parameters are looked into.
inline constexpr std::size_t kSlotsMax = 500;
inline constexpr int kSlotDepthMax = 4;
/// Sentences that people may teach for one skill.
inline constexpr std::size_t kTaughtMax = 500;
/// Of one conversation: wishes that wait, things that were named, and how long one of those may be.
inline constexpr std::size_t kWishesMax = 16;
inline constexpr std::size_t kBoardNotesMax = 256;
inline constexpr std::size_t kNoteBytesMax = 512;
inline constexpr std::size_t kOffersMax = 50;
/// Values of one of them, and what of an answer is kept once it was told.
inline constexpr std::size_t kOfferFieldsMax = 24;
inline constexpr std::size_t kAnswerBytesKept = 4096;
/// Where one sentence may be cut.
inline constexpr std::size_t kCutsMax = 10;
/// What is asked at once, and offered at once.
inline constexpr std::size_t kSlotsAsked = 3;
inline constexpr std::size_t kSkillsOffered = 3;
inline constexpr std::size_t kHelpSkillsMax = 20;
inline constexpr std::size_t kHintBytesMax = 120;
/// Of a result that is data: how many of a list are told, and how deep it is.
inline constexpr std::size_t kItemsTold = 5;
inline constexpr int kDepthTold = 4;

}  // namespace weft::dialogue
