// The text that an answer has shown so far: what a caller replays as the assistant's message. Owned by adapters/openai; pure.
#pragma once

#include <string>

#include "weft/model/event.h"

namespace weft::adapters::openai {

class TextTrail {
 public:
  /// The text that this event adds; empty for events without text. Turns and artifacts are parted by a line.
  std::string add(const model::Event& event);
  const std::string& said() const { return said_; }

 private:
  std::string piece(std::string_view text, const std::string& segment);

  std::string said_;
  /// The turn ("") or artifact that the last text belonged to.
  std::string segment_;
};

}  // namespace weft::adapters::openai
