#include <algorithm>

#include "weft/dialogue/slots/questions.h"

// Values that are not said again: what the system offered and the person takes, and what another
// form knows already.
namespace weft::dialogue {
namespace {

std::uint64_t step(const Heard& heard, UserAct act) { return step_of(chance(heard.acts, act)); }

bool is_name_kind(SlotKind kind) { return kind == SlotKind::text; }

bool could_be(const Slot& slot, const Slot& from, const std::string& value) {
  if (slot.kind == SlotKind::boolean) return false;
  if (slot.kind == SlotKind::choice)
    return from.kind != SlotKind::boolean && std::ranges::contains(slot.choices, value);
  if (from.kind == SlotKind::boolean) return false;
  if (is_name_kind(slot.kind)) return is_name_kind(from.kind) || from.kind == SlotKind::choice;
  return slot.kind == from.kind || from.kind == SlotKind::choice;
}

void add_elsewhere(const Memory& memory, std::size_t form, std::size_t slot,
                   std::vector<Carried>& out) {
  const Slot& own = memory.form(form).form.slots[slot];
  for (std::size_t other = 0; other < memory.size(); ++other) {
    const FormMemory& from = memory.of(other);
    if (other == form || !from.begun) continue;
    const auto& slots = memory.form(other).form.slots;
    const auto add = [&](std::size_t at, const std::string& value, Carried::Source source) {
      if (value.empty() || value == kDontCare || !could_be(own, slots[at], value)) return;
      out.push_back(
          {.slot = slot, .value = value, .source = source, .form = other, .from_slot = at});
    };
    std::vector<bool> done(slots.size(), false);
    for (std::size_t at = 0; at < slots.size(); ++at) {
      done[at] = !from.values[at].empty();
      add(at, from.values[at], Carried::Source::state);
      if (done[at] || from.offered[at].empty()) continue;
      done[at] = true;
      add(at, from.offered[at], Carried::Source::elsewhere_offered);
    }
    for (const auto& [at, value] : from.entity) {
      if (!done[at]) add(at, value, Carried::Source::entity);
    }
  }
}

}  // namespace

std::vector<Carried> carried_of(const Memory& memory, std::size_t form) {
  std::vector<Carried> out;
  const FormMemory& state = memory.of(form);
  for (std::size_t slot = 0; slot < state.values.size(); ++slot) {
    if (!memory.form(form).slots[slot].input) continue;
    const bool now = !state.told[slot].empty();
    const std::string& value = now ? state.told[slot] : state.offered[slot];
    if (!value.empty() && value != state.values[slot])
      out.push_back({.slot = slot,
                     .value = value,
                     .source = now ? Carried::Source::told : Carried::Source::offered,
                     .form = form,
                     .from_slot = slot});
    if (state.values[slot].empty()) add_elsewhere(memory, form, slot, out);
  }
  return out;
}

namespace {

void describe_own(const Memory& memory, std::size_t form, const Carried& carried, Use use,
                  bool changes, bool any_filled, const Heard& heard, Features& out) {
  out.begin(Question::keep);
  const PreparedSlot& slot = memory.form(form).slots[carried.slot];
  const FormMemory& state = memory.of(form);
  const std::uint64_t source = (carried.source == Carried::Source::told ? 1U : 0U) +
                               (state.confirming[carried.slot] ? 2U : 0U) +
                               (state.offered_as_offer[carried.slot] ? 4U : 0U) +
                               (state.values[carried.slot].empty() ? 0U : 8U);
  const Use before =
      state.skill ? memory.form(form).skills[*state.skill].uses[carried.slot] : Use::none;
  const std::uint64_t role = static_cast<std::uint64_t>(use) +
                             3 * static_cast<std::uint64_t>(before) +
                             (slot.transaction_input ? 9U : 0U) + (slot.result ? 18U : 0U) +
                             (memory.form(form).transacts ? 36U : 0U);
  const std::uint64_t acts = memory.acts_of(form);
  const std::uint64_t select = step(heard, UserAct::select);
  const std::uint64_t affirm = step(heard, UserAct::affirm);
  const std::uint64_t negate = step(heard, UserAct::negate);
  const std::uint64_t opens = step(heard, UserAct::opens) + (changes ? 8U : 0U);
  out.add(1, source, role);
  out.add(2, source, role, mix(select, opens));
  out.add(3, source, mix(affirm, negate), any_filled ? 1 : 0);
  out.add(4, source, select, opens);
  out.add(5, source, mix(role, acts), select);
  out.add(6, source, mix(affirm, acts), negate);
  out.add(7, source, step(heard, UserAct::alternatives), select);
  out.add(8, source, step(heard, UserAct::request), mix(select, role));
  out.add(9, source, slot.kind, mix(select, role));
  out.add(10, source, heard.other_form ? 1 : 0, select);
  out.add(11, mix(role, source), mix(select, affirm), opens);
  for (const std::uint64_t word : slot.name) out.add(12, word, mix(source, select), role);
  std::uint64_t last = 1;
  for (const Token& token : heard.tokens) {
    out.add(13, source, token.hash, slot.transaction_input ? 1 : 0);
    out.add(14, source, last, token.hash);
    last = token.hash;
  }
}

void describe_elsewhere(const Memory& memory, std::size_t form, const Carried& carried, Use use,
                        bool changes, const std::vector<bool>& filled, const Heard& heard,
                        Features& out) {
  out.begin(Question::carry);
  const PreparedSlot& slot = memory.form(form).slots[carried.slot];
  const PreparedSlot& from = memory.form(carried.form).slots[carried.from_slot];
  const FormMemory& there = memory.of(carried.form);
  const auto source =
      static_cast<std::uint64_t>(carried.source) + (memory.last().form == carried.form ? 8U : 0U) +
      (there.skill && memory.form(carried.form).form.skills[*there.skill].transactional ? 16U : 0U);
  const std::uint64_t phase = (memory.of(form).begun ? 1U : 0U) + (changes ? 2U : 0U) +
                              4 * static_cast<std::uint64_t>(use) +
                              (memory.of(form).asked[carried.slot] ? 16U : 0U);
  std::uint64_t shared = 0;
  for (const std::uint64_t word : slot.name)
    shared += std::ranges::contains(from.name, word) ? 1 : 0;
  std::uint64_t shared_all = 0;
  for (const std::uint64_t word : slot.all)
    shared_all += std::ranges::contains(from.all, word) ? 1 : 0;
  shared_all = std::min<std::uint64_t>(shared_all, 4);
  const std::uint64_t alike = mix(shared * 2 + (slot.whole == from.whole ? 1 : 0), shared_all);
  const std::uint64_t kinds = mix(slot.kind, from.kind);
  std::uint64_t fillings = 0;
  std::uint64_t same_kind = 0;
  for (std::size_t at = 0; at < filled.size(); ++at) {
    fillings += filled[at] ? 1 : 0;
    same_kind += filled[at] && memory.form(form).slots[at].kind == slot.kind ? 1 : 0;
  }
  fillings = std::min<std::uint64_t>(fillings, 3);
  out.add(1, phase, source);
  out.add(2, phase, kinds, source);
  out.add(3, phase, alike, kinds);
  out.add(4, phase, mix(alike, source), step(heard, UserAct::opens));
  out.add(5, phase, fillings, mix(kinds, same_kind));
  out.add(6, phase, heard.other_form ? 1 : 0, source);
  out.add(7, phase, step(heard, UserAct::select), source);
  for (const std::uint64_t word : slot.name) {
    out.add(8, word, phase, kinds);
    for (const std::uint64_t other : from.name) out.add(9, word, other, phase);
    for (const std::uint64_t other : from.description) out.add(10, word, other);
  }
  for (const std::uint64_t word : slot.description) {
    for (const std::uint64_t other : from.name) out.add(11, word, other);
  }
  out.add(12, slot.transaction_input ? 1 : 0, phase, alike);
  std::uint64_t last = 1;
  for (const Token& token : heard.tokens) {
    out.add(13, token.hash, kinds, changes ? 1 : 0);
    out.add(14, mix(last, token.hash), slot.kind, shared > 0 ? 1 : 0);
    for (const std::uint64_t word : slot.name) out.add(15, word, token.hash);
    for (const std::uint64_t word : from.name) out.add(16, word, token.hash, slot.kind);
    last = token.hash;
  }
}

}  // namespace

void describe_carried(const Memory& memory, std::size_t form, const Carried& carried,
                      std::optional<std::size_t> skill, const std::vector<bool>& filled,
                      const Heard& heard, Features& out) {
  const Use use = skill ? memory.form(form).skills[*skill].uses[carried.slot] : Use::none;
  const bool changes = skill != memory.of(form).skill;
  const bool any = std::ranges::contains(filled, true);
  if (carried.form == form) {
    describe_own(memory, form, carried, use, changes, any, heard, out);
  } else {
    describe_elsewhere(memory, form, carried, use, changes, filled, heard, out);
  }
}

}  // namespace weft::dialogue
