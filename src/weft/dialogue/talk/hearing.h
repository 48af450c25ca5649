// An utterance as the concierge takes it in. Owned by dialogue/talk.
#pragma once

#include <chrono>
#include <string_view>

#include "weft/dialogue/talk/concierge.h"
#include "weft/dialogue/talk/reply.h"

namespace weft::dialogue {

struct Concierge::Hearing {
  std::string_view text;
  Reply reply;
  std::chrono::local_seconds now;
};

}  // namespace weft::dialogue
