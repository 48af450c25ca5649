// Where callers reach the hub: what cards and documents name. Owned by adapters; pure.
#pragma once

#include <string>

#include "weft/adapters/common/adapter.h"

namespace weft::adapters {

/// Without a slash at its end: `listen.public_url` of weft.yaml, otherwise the Host that this
/// request asked for (the front door has checked its name), so that what one caller reads leads
/// where that caller came to.
std::string own_url(const Environment& environment, const net::Exchange& exchange);

}  // namespace weft::adapters
