// What it takes to hear a sentence, from its words to what is to be done next. Owned by whoever
// measures.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include "weft/dialogue/talk/concierge.h"

namespace weft::dialogue {

struct TurnTime {
  double p50_us = 0;
  double p99_us = 0;
};

/// Each sentence as the first of a conversation of its own; at least one.
TurnTime time_turns(const Concierge& concierge, std::span<const std::string> sentences,
                    std::chrono::local_seconds now);

}  // namespace weft::dialogue
