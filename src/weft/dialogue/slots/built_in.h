// The weights of slot filling and tracking that weft comes with, learned from SGD (CC BY-SA 4.0:
// src/weft/dialogue/weights/sgd). Owned by the program; any thread.
#pragma once

#include "weft/dialogue/slots/linear.h"

namespace weft::dialogue {

const LinearModel& built_in_slots();

}  // namespace weft::dialogue
