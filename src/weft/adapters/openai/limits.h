// The limits of the OpenAI adapter. Owned by adapters/openai.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::adapters::openai {

inline constexpr std::size_t kRequestBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
/// One event of a stream; a longer one ends the call with an error.
inline constexpr std::size_t kStreamEventBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kErrorBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kModelListBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kModelsMax = 1'024;
inline constexpr std::size_t kMessagesMax = 8'192;
inline constexpr std::size_t kPartsPerMessageMax = 4'096;
inline constexpr std::size_t kToolsMax = 1'024;
inline constexpr std::size_t kToolCallsMax = 1'024;
inline constexpr std::size_t kEmbeddingInputsMax = 2'048;
/// How many of the newest assistant messages are looked at for an open question.
inline constexpr std::size_t kQuestionsLookedBackMax = 16;
/// Conversations whose context is remembered, and for how long.
inline constexpr std::size_t kContextsMax = 16'384;
inline constexpr Milliseconds kContextKept{24 * 3'600'000};
/// Bodies up to this size are scanned with a parser that is kept for the next request.
inline constexpr std::size_t kKeptParserBytesMax = 256 * 1024;
inline constexpr int kScanDepthMax = 128;
inline constexpr Milliseconds kStreamKeepAlive{15'000};

}  // namespace weft::adapters::openai
