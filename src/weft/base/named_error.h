// Whose error it is, where a person reads it. Owned by base; pure.
#pragma once

#include <string_view>

#include "weft/base/result.h"

namespace weft {

/// Says in the message and in Error::solution whose error it is, unless it is said already.
[[gnu::cold]] Error named(Error error, std::string_view solution);

}  // namespace weft
