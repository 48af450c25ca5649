// What understanding offers besides conversations: examples of how people ask for a skill, and how
// well their sentences are understood. Owned by app, used by adapters; any loop.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "weft/base/async.h"
#include "weft/base/json.h"
#include "weft/base/result.h"
#include "weft/model/call.h"

namespace weft::dialogue {

/// A sentence and the skill (`solution/skill`) that it asks for; nothing: none.
struct LabelledSentence {
  std::string text;
  std::optional<std::string> gold;
};

class Training {
 public:
  virtual ~Training() = default;
  /// An example more for a skill that has joined; from then on it is learnt from, durable when it
  /// returns. Gives how many the skill has. Errors: there is no such skill, the example says
  /// nothing or stands there already, or there are too many.
  virtual Awaitable<Result<std::size_t>> teach(std::string skill, std::string example) = 0;
  /// Takes one back. Errors: Code::not_found.
  virtual Awaitable<Result<void>> forget(std::string skill, std::string example) = 0;
  /// What was taught: an object of lists by skill.
  virtual json::value taught() const = 0;
  /// How the hub understands these sentences now, among all that this caller may call: the measures
  /// of docs/router.md, `thresholds`, `confused` (pairs of skills, most often first), and each
  /// sentence that went wrong. Errors: Reason::invalid_argument, a skill that has not joined.
  virtual Awaitable<Result<json::value>> test(model::Principal principal,
                                              std::vector<LabelledSentence> sentences) = 0;
};

}  // namespace weft::dialogue
