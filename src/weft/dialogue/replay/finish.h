// Whole tasks in a closed loop: a scripted user who wants what a recorded dialogue wanted, the
// tracker with its policy, and a backend that answers the recorded calls. Owned by whoever
// measures.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/dialogue/replay/conversation.h"
#include "weft/dialogue/replay/fill.h"

namespace weft::dialogue {

/// One call that the recorded dialogue made.
struct Goal {
  std::string service;
  std::size_t form = 0;
  std::size_t skill = 0;
  /// By slot: the canonical value, then the accepted spellings.
  std::map<std::size_t, std::vector<std::string>> parameters;
  std::vector<Entity> results;
  std::string opening;                        ///< the utterance that asked for it
  std::map<std::size_t, std::string> saying;  ///< by slot: the utterance that informed of it

  /// The same method, each parameter accepted, none more.
  bool is(const Decision& decision) const;
  /// The slot of which a decision has another value, too much or none.
  std::optional<std::size_t> wrong_slot(const Decision& decision) const;
};

std::vector<Goal> goals_of(const SgdDialogue& dialogue, const SgdServices& services);

/// The forms of which an utterance speaks, one or none. The memory knows what was before.
using ChooseForms = std::function<std::vector<std::size_t>(std::string_view, const Memory&)>;
/// The form in which a skill most likely opens, else the last one spoken of.
ChooseForms choose_by_model(const LinearModel& model);

struct FinishFigures {
  Mean success;   ///< every call made once, exactly, and no other transactional one
  Mean calls;     ///< share of the calls that were made
  Mean wrong_do;  ///< dialogues with a transactional call that was not wanted
  Mean turns;     ///< of the hub, over those recorded
  Mean repeats;   ///< questions about what the user had said already, per dialogue
};

struct FinishReport {
  FinishFigures all;
  FinishFigures single;
  FinishFigures multi;
  std::map<std::size_t, FinishFigures> by_services;
  std::map<std::string, std::size_t> failures;  ///< what the first thing was that went wrong
};

class FinishReplay {
 public:
  FinishReplay(const LinearModel& model, const SgdServices& services, const Vocabulary& vocabulary,
               ChooseForms choose, Extract extract, Complain complain = {})
      : model_(model),
        services_(services),
        vocabulary_(vocabulary),
        choose_(std::move(choose)),
        extract_(std::move(extract)),
        complain_(std::move(complain)) {}

  void add(const SgdDialogue& dialogue);
  const FinishReport& report() const { return report_; }

 private:
  class Dialogue;

  const LinearModel& model_;
  const SgdServices& services_;
  const Vocabulary& vocabulary_;
  ChooseForms choose_;
  Extract extract_;
  Complain complain_;
  FinishReport report_;
};

json::object to_json(const FinishReport& report);

}  // namespace weft::dialogue
