#include "weft/dialogue/talk/turn_time.h"

#include <algorithm>
#include <vector>

namespace weft::dialogue {

TurnTime time_turns(const Concierge& concierge, std::span<const std::string> sentences,
                    std::chrono::local_seconds now) {
  using Micros = std::chrono::duration<double, std::micro>;
  std::vector<double> times;
  times.reserve(sentences.size());
  for (const std::string& sentence : sentences) {
    const auto began = std::chrono::steady_clock::now();
    Conversation conversation;
    auto told = concierge.hear(conversation, sentence, now);
    (void)concierge.next(conversation, told);
    times.push_back(Micros(std::chrono::steady_clock::now() - began).count());
  }
  std::ranges::sort(times);
  return {.p50_us = times[times.size() / 2], .p99_us = times[times.size() * 99 / 100]};
}

}  // namespace weft::dialogue
