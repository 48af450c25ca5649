// English. Owned by dialogue; any thread.
#pragma once

#include "weft/dialogue/language/language.h"

namespace weft::dialogue {

const Language& english();

}  // namespace weft::dialogue
