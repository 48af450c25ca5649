// The extractor that the hub's concierge reads sentences with. Owned by app; constant.
#pragma once

#include "weft/dialogue/talk/concierge.h"

namespace weft::app {

dialogue::ReadValues extractor();

}  // namespace weft::app
