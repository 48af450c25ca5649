// The text that an answer has shown so far: what a caller replays as the assistant's message. Owned
// by adapters/openai; pure.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "weft/model/event.h"

namespace weft::adapters::openai {

class TextTrail {
 public:
  /// The text that this event adds; empty for events without text. Every part of an artifact is a
  /// line of its own.
  std::string add(const model::Event& event);
  const std::string& said() const { return said_; }
  /// Whether the answer itself said something, and whether the artifact did.
  bool spoke() const { return spoke_; }
  bool told(const std::string& artifact) const { return artifacts_.contains(artifact); }
  /// Whether of that artifact what follows its first data was kept for the end: only the whole
  /// tells whether data is said at all, and words keep their order.
  bool held(const std::string& artifact) const { return held_.contains(artifact); }
  /// Whether the answer's own words and those of artifacts stand between one another.
  bool interleaved() const { return turns_ > 1 || overtaken_; }

 private:
  std::string piece(std::string_view text, bool own_line);
  void speaks(bool artifact);

  std::string said_;
  bool last_own_line_ = false;
  bool spoke_ = false;
  std::set<std::string> artifacts_;
  std::set<std::string> held_;
  /// Another artifact spoke after one was held.
  bool overtaken_ = false;
  std::optional<bool> of_artifact_;
  int turns_ = 0;
};

}  // namespace weft::adapters::openai
