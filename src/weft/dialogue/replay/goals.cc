#include <algorithm>

#include "weft/dialogue/replay/finish.h"

namespace weft::dialogue {
namespace {

bool opens(const SgdFrame& frame) {
  return frame.has("INFORM_INTENT") || frame.has("AFFIRM_INTENT");
}

/// Of the user's turns since the last call, the one that asked for the next.
const SgdTurn* opening_of(std::span<const SgdTurn* const> turns, const std::string& service) {
  const SgdTurn* informs = nullptr;
  for (const SgdTurn* turn : turns) {
    for (const SgdFrame& frame : turn->frames) {
      if (frame.service != service) continue;
      if (opens(frame)) return turn;
      if (informs == nullptr && frame.has("INFORM")) informs = turn;
    }
  }
  return informs != nullptr ? informs : turns.empty() ? nullptr : turns.back();
}

}  // namespace

bool Goal::is(const Decision& decision) const {
  return decision.form == form && decision.skill == skill && !wrong_slot(decision);
}

std::optional<std::size_t> Goal::wrong_slot(const Decision& decision) const {
  std::size_t found = 0;
  for (const auto& [slot, value] : decision.parameters) {
    const auto at = parameters.find(slot);
    if (at == parameters.end() || !std::ranges::contains(at->second, value)) return slot;
    ++found;
  }
  if (found == parameters.size()) return std::nullopt;
  for (const auto& [slot, accepted] : parameters) {
    const bool given = std::ranges::any_of(decision.parameters,
                                           [&](const auto& each) { return each.first == slot; });
    if (!given) return slot;
  }
  return std::nullopt;
}

std::vector<Goal> goals_of(const SgdDialogue& dialogue, const SgdServices& services) {
  std::vector<Goal> out;
  std::vector<const SgdTurn*> since;
  std::map<std::string, std::map<std::string, std::string>> sayings;
  std::map<std::string, const SgdState*> states;
  for (const SgdTurn& turn : dialogue.turns) {
    if (turn.user) {
      since.push_back(&turn);
      for (const SgdFrame& frame : turn.frames) {
        for (const SgdAct& act : frame.acts) {
          if (act.act == "INFORM") sayings[frame.service][act.slot] = turn.utterance;
        }
        if (frame.state) states[frame.service] = &*frame.state;
      }
      continue;
    }
    if (turn.frames.empty() || !turn.frames.front().call) continue;
    const SgdFrame& frame = turn.frames.front();
    const auto form = services.find(frame.service);
    if (!form) continue;
    const Form& own = services.forms()[*form].form;
    const auto skill = own.skill(frame.call->method);
    if (!skill) continue;
    Goal goal;
    goal.service = frame.service;
    goal.form = *form;
    goal.skill = *skill;
    const SgdState* state = states[frame.service];
    for (const auto& [name, value] : frame.call->parameters) {
      const auto slot = own.slot(name);
      if (!slot) continue;
      auto& accepted = goal.parameters[*slot];
      accepted.push_back(value);
      const auto* spellings = state != nullptr ? state->find(name) : nullptr;
      if (spellings != nullptr)
        accepted.insert(accepted.end(), spellings->begin(), spellings->end());
      const auto said = sayings[frame.service].find(name);
      if (said != sayings[frame.service].end()) goal.saying[*slot] = said->second;
    }
    if (const auto heard = system_turn_of(turn, services)) goal.results = heard->results;
    const SgdTurn* opening = opening_of(since, frame.service);
    goal.opening = opening != nullptr ? opening->utterance : dialogue.turns.front().utterance;
    since.clear();
    out.push_back(std::move(goal));
  }
  return out;
}

}  // namespace weft::dialogue
