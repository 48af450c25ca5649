// What a person says to a question besides its answer: yes, no, the second one, never mind. Owned
// by dialogue; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weft/dialogue/language/phrases.h"

namespace weft::dialogue {

enum class Act : std::uint8_t {
  none,
  affirm,
  negate,
  select,
  any,
  more,
  cancel,
  back,
  repeat,
  help,
  human,
  greet,
  thank,
  part
};
std::string_view to_string(Act act);

struct Reply {
  Act act = Act::none;
  /// Of select: which, from 0; the last is -1.
  int index = 0;
  /// Nothing else was said. A yes that says more ("yes, but at five") is no yes to what was shown.
  bool only = false;
  std::string rest;  ///< what was said besides, as it was said
};

Reply read_reply(const ReplyWords& words, std::string_view utterance);

}  // namespace weft::dialogue
