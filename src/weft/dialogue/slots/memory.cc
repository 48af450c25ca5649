#include "weft/dialogue/slots/memory.h"

#include <algorithm>

namespace weft::dialogue {
namespace {

/// Results of one call that are looked at, and values that are kept in mind.
constexpr std::size_t kResultsMax = 20;
constexpr std::size_t kKnownMax = 4096;

}  // namespace

Memory::Memory(std::span<const PreparedForm> forms, const Vocabulary& vocabulary)
    : forms_(forms), vocabulary_(&vocabulary) {
  memories_.resize(forms.size());
  for (std::size_t at = 0; at < forms.size(); ++at) {
    const std::size_t slots = forms[at].slots.size();
    FormMemory& memory = memories_[at];
    memory.values.resize(slots);
    memory.told.resize(slots);
    memory.offered.resize(slots);
    memory.offered_as_offer.resize(slots);
    memory.doubt.resize(slots);
    memory.asked.resize(slots);
    memory.confirming.resize(slots);
  }
}

void Memory::note(std::size_t form, std::size_t slot, std::string_view value) {
  if (known_.size() >= kKnownMax) return;
  auto& slots = known_[known_key_of(value, *vocabulary_)];
  const std::uint64_t name = forms_[form].slots[slot].whole;
  if (!std::ranges::contains(slots, name)) slots.push_back(name);
}

void Memory::hear(const SystemTurn& turn) {
  last_ = turn;
  for (FormMemory& memory : memories_) {
    std::ranges::fill(memory.told, std::string());
    std::ranges::fill(memory.asked, false);
    std::ranges::fill(memory.confirming, false);
  }
  infer_skill(turn);
  FormMemory& memory = memories_[turn.form];
  if (!turn.results.empty()) {
    memory.results.assign(turn.results.begin(),
                          turn.results.begin() + static_cast<std::ptrdiff_t>(
                                                     std::min(turn.results.size(), kResultsMax)));
    for (const Entity& entity : memory.results) {
      for (const auto& [slot, value] : entity) note(turn.form, slot, value);
    }
  }
  bool offers = false;
  for (const SystemMove& move : turn.moves) {
    if (!move.slot) continue;
    const std::size_t slot = *move.slot;
    for (const std::string& value : move.values) note(turn.form, slot, value);
    if (move.act == SystemAct::request) {
      // What is asked for is open, whatever was understood before.
      memory.asked[slot] = true;
      memory.values[slot].clear();
    }
    if (move.values.size() != 1) continue;
    if (move.act == SystemAct::confirm || move.act == SystemAct::offer ||
        move.act == SystemAct::inform) {
      memory.told[slot] = move.values.front();
      memory.offered[slot] = move.values.front();
      memory.offered_as_offer[slot] = move.act == SystemAct::offer;
      memory.confirming[slot] = move.act == SystemAct::confirm;
      offers = offers || move.act == SystemAct::offer;
    }
  }
  if (!offers) return;
  // The result that agrees with most of what was offered.
  std::size_t most = 0;
  for (const Entity& entity : memory.results) {
    std::size_t agrees = 0;
    for (const auto& [slot, value] : entity) agrees += memory.told[slot] == value ? 1 : 0;
    if (agrees > most) {
      most = agrees;
      memory.entity = entity;
    }
  }
}

/// What the system asks for, or has confirmed, belongs to the skill that it is at, whatever was
/// understood before.
void Memory::infer_skill(const SystemTurn& turn) {
  FormMemory& memory = memories_[turn.form];
  const PreparedForm& form = forms_[turn.form];
  if (memory.skill) memory.last_skill = memory.skill;
  const bool confirms = turn.has(SystemAct::confirm);
  if (!confirms && !turn.has(SystemAct::request)) return;
  const auto fits = [&](std::size_t skill) {
    if (confirms && !form.form.skills[skill].transactional) return false;
    return std::ranges::all_of(turn.moves, [&](const SystemMove& move) {
      if (!move.slot) return true;
      const Use use = form.skills[skill].uses[*move.slot];
      if (move.act == SystemAct::request) return use == Use::required;
      return move.act != SystemAct::confirm || use != Use::none;
    });
  };
  if (memory.skill && fits(*memory.skill)) return;
  std::optional<std::size_t> only;
  for (std::size_t skill = 0; skill < form.skills.size(); ++skill) {
    if (!fits(skill)) continue;
    if (only) return;
    only = skill;
  }
  if (only) memory.skill = only;
}

std::vector<SlotContext> Memory::contexts(std::size_t form,
                                          std::optional<std::size_t> skill) const {
  const FormMemory& memory = memories_[form];
  std::vector<SlotContext> out;
  out.reserve(memory.values.size());
  for (std::size_t slot = 0; slot < memory.values.size(); ++slot) {
    out.push_back({.use = skill ? forms_[form].skills[*skill].uses[slot] : Use::none,
                   .asked = memory.asked[slot],
                   .filled = memory.values[slot],
                   .told = memory.told[slot]});
  }
  return out;
}

}  // namespace weft::dialogue
