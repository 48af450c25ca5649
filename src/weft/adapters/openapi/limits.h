// The limits of the OpenAPI adapter. Owned by adapters/openapi.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/base/clock.h"

namespace weft::adapters::openapi {

inline constexpr std::size_t kDocumentBytesMax = 8 * 1024 * 1024;
inline constexpr std::size_t kYamlBytesMax = 1024 * 1024;
inline constexpr int kYamlDepthMax = 64;
inline constexpr std::size_t kYamlNodesMax = 200'000;
inline constexpr int kRefHopsMax = 16;
inline constexpr int kSchemaWalkDepthMax = 48;
/// Beyond this a skill's referenced schemas are left open (`{}`): the service checks them itself.
inline constexpr std::size_t kSkillSchemaBytesMax = 96 * 1024;
/// How many schemas are looked into, for one direction of a skill, for what does not go that way.
inline constexpr std::size_t kDirectionLooksMax = 8'192;
/// How many are looked into for whether a skill's answers are objects.
inline constexpr std::size_t kObjectLooksMax = 1'024;
/// Beyond this an operation's 2xx answers are no output schema.
inline constexpr std::size_t kAnswerSchemasMax = 8;
inline constexpr std::size_t kOperationsMax = 2'048;
inline constexpr std::size_t kParametersMax = 256;
inline constexpr std::size_t kSkillIdCharsMax = 128;
inline constexpr std::size_t kTargetCharsMax = 8 * 1024;
inline constexpr std::size_t kRequestBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kErrorBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kStreamEventBytesMax = 1024 * 1024;
inline constexpr int kPollsMax = 10'000;
inline constexpr Milliseconds kPollFirst{200};
inline constexpr Milliseconds kPollLongest{5'000};
inline constexpr Milliseconds kPollWaitMax{3'600'000};
inline constexpr Milliseconds kStreamKeepAlive{15'000};

}  // namespace weft::adapters::openapi
