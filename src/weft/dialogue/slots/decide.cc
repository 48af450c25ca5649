#include "weft/dialogue/slots/decide.h"

#include <algorithm>
#include <array>

namespace weft::dialogue {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"other", "ask", "confirm", "call"};

/// A slot that was given with a likelihood above it is not asked for while another is missing.
constexpr float kDoubtMost = 0.02F;

/// The whole was read back to the person, who agreed and changed nothing.
bool is_confirmed(const Memory& memory, const TurnChange& change, const FormChange& own) {
  return std::ranges::contains(memory.of(own.form).confirming, true) && own.fillings.empty() &&
         chance(change.acts, UserAct::affirm) > chance(change.acts, UserAct::negate) &&
         chance(change.acts, UserAct::affirm) > 0.5F;
}

}  // namespace

std::string_view to_string(Decision::Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

Decision decide(const Memory& memory, const TurnChange& change) {
  Decision out;
  if (change.forms.empty()) return out;
  const FormChange* own = &change.forms.back();
  for (const FormChange& each : change.forms) {
    if (each.opened) own = &each;
  }
  out.form = own->form;
  const FormMemory& state = memory.of(own->form);
  if (!state.skill) return out;
  out.skill = *state.skill;
  const FormSkill& skill = memory.form(own->form).form.skills[out.skill];
  for (const std::size_t slot : skill.required) {
    if (state.values[slot].empty()) out.missing.push_back(slot);
  }
  if (!out.missing.empty()) {
    out.kind = Decision::Kind::ask;
    const auto doubt = [&](std::size_t slot) { return state.doubt[slot]; };
    for (const std::size_t slot : out.missing) {
      if (doubt(slot) < kDoubtMost) out.asks.push_back(slot);
    }
    std::ranges::stable_sort(out.asks, {}, doubt);
    if (out.asks.size() > kAskedMax) out.asks.resize(kAskedMax);
    if (out.asks.empty()) out.asks.push_back(std::ranges::min(out.missing, {}, doubt));
    return out;
  }
  const auto add = [&](std::size_t slot, const std::string& value) {
    if (!value.empty() && value != kDontCare) out.parameters.emplace_back(slot, value);
  };
  for (const std::size_t slot : skill.required) add(slot, state.values[slot]);
  for (const OptionalSlot& each : skill.optional) add(each.slot, state.values[each.slot]);
  const bool may_call = !skill.transactional || is_confirmed(memory, change, *own);
  out.kind = may_call ? Decision::Kind::call : Decision::Kind::confirm;
  return out;
}

}  // namespace weft::dialogue
