// The limits of understanding with a language model that are no setting. Owned by dialogue.
#pragma once

#include <cstddef>

namespace weft::dialogue {

/// Skills that a model is shown: the best so many, and more while their forms stay this short.
inline constexpr std::size_t kModelSkillsMin = 8;
inline constexpr std::size_t kModelSkillsMax = 20;
inline constexpr std::size_t kModelSkillBytesMax = 16 * 1024;
/// Of a skill: parameters, choices of one, and bytes of each text that it says of itself.
inline constexpr std::size_t kModelSlotsMax = 40;
inline constexpr std::size_t kModelChoicesMax = 50;
inline constexpr std::size_t kModelChoicesBytesMax = 2048;
inline constexpr std::size_t kModelTextBytesMax = 240;
/// Of what was named before: the newest so many, each up to so many bytes.
inline constexpr std::size_t kModelNotesMax = 40;
inline constexpr std::size_t kModelNoteBytesMax = 160;
/// What was said last, by both sides, and bytes of each.
inline constexpr std::size_t kModelTurnsMax = 6;
inline constexpr std::size_t kModelTurnBytesMax = 1'000;
/// Of an answer: commands, values of one, and bytes of the arguments of one.
inline constexpr std::size_t kCommandsMax = 16;
inline constexpr std::size_t kCommandValuesMax = 40;
inline constexpr std::size_t kCommandBytesMax = 16 * 1024;
/// A sentence with more words is no clear turn, whatever the router is sure of.
inline constexpr std::size_t kWordsClearMax = 40;
/// Of a conversation's log: answers that are kept, and bytes of each.
inline constexpr std::size_t kModelLogMax = 8;
inline constexpr std::size_t kModelLogBytesMax = 8 * 1024;

}  // namespace weft::dialogue
