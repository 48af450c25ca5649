// What is kept of a conversation beside its state where a language model may help: what was said
// last, how often the model was asked, and each of its answers, so that an answer that came is read
// and not asked for again. Owned by who leads the conversation; plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/dialogue/llm/scene.h"

namespace weft::dialogue {

/// One turn that went to the model.
struct ModelTurn {
  int turn = 0;       ///< of the conversation
  std::string heard;  ///< what the person said
  std::string why;    ///< to_string(Doubt)
  /// Of each request (the second is the repair): its digest, and what was answered.
  struct Round {
    std::string request;  ///< SHA-256, hexadecimal
    std::string model;
    json::value response;
    friend bool operator==(const Round&, const Round&) = default;
  };
  std::vector<Round> rounds;
  json::array commands;             ///< those that were followed
  std::vector<std::string> faults;  ///< of the last round
  std::string failed;               ///< why there was no answer
  friend bool operator==(const ModelTurn&, const ModelTurn&) = default;
};

struct ModelLog {
  std::vector<Exchange> said;  ///< the last ones; nothing of what solutions said
  std::int64_t turns = 0;      ///< heard in all
  std::int64_t asked = 0;      ///< that went to the model
  std::int64_t followed = 0;   ///< whose commands were followed
  std::int64_t tokens = 0;
  std::vector<ModelTurn> model_turns;  ///< the last ones

  void say(bool by_person, std::string_view text);
  /// The record of this turn when its answer came in an earlier life; else a new one.
  ModelTurn& turn_of(int turn, std::string_view heard);
  /// For who calls: the counts, and the share of turns that went to the model.
  json::object report() const;
  friend bool operator==(const ModelLog&, const ModelLog&) = default;
};

json::value to_json(const ModelLog& log);
/// What cannot be read is left out: the log is no state that anything depends on.
ModelLog model_log_from_json(const json::value& value);

}  // namespace weft::dialogue
