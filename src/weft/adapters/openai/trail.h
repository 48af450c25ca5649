// The text that an answer has shown so far: what a caller replays as the assistant's message. Owned
// by adapters/openai; pure.
#pragma once

#include <string>

#include "weft/model/event.h"

namespace weft::adapters::openai {

class TextTrail {
 public:
  /// The text that this event adds; empty for events without text. Every part of an artifact is a
  /// line of its own.
  std::string add(const model::Event& event);
  const std::string& said() const { return said_; }

 private:
  std::string piece(std::string_view text, bool own_line);

  std::string said_;
  bool last_own_line_ = false;
};

}  // namespace weft::adapters::openai
