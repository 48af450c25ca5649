#include "weft/dialogue/slots/questions.h"

#include <algorithm>

namespace weft::dialogue {
namespace {

/// Which skill runs: none yet, it has ended, this one, another.
std::uint64_t phase_of(const FormMemory& memory, std::size_t skill) {
  if (!memory.begun) return 0;
  if (!memory.skill) return 1;
  return *memory.skill == skill ? 2 : 3;
}

std::uint64_t step(const Heard& heard, UserAct act) { return step_of(chance(heard.acts, act)); }

bool offered_skill(const Memory& memory, std::size_t form, std::size_t skill) {
  return memory.last().form == form &&
         std::ranges::any_of(memory.last().moves, [&](const SystemMove& move) {
           return move.act == SystemAct::offer_skill && move.skill == skill;
         });
}

std::uint64_t hits_of(std::span<const Token> tokens, const std::vector<std::uint64_t>& words) {
  std::uint64_t hits = 0;
  for (const std::uint64_t word : words)
    hits += std::ranges::contains(tokens, word, &Token::hash) ? 1 : 0;
  return std::min<std::uint64_t>(hits, 4);
}

std::uint64_t missing_of(const FormMemory& memory, const PreparedSkill& skill) {
  std::uint64_t missing = 0;
  for (std::size_t slot = 0; slot < skill.uses.size(); ++slot)
    missing += skill.uses[slot] == Use::required && memory.values[slot].empty() ? 1 : 0;
  return std::min<std::uint64_t>(missing, 3);
}

}  // namespace

void describe_skill(const Memory& memory, std::size_t form, std::size_t skill, const Heard& heard,
                    Features& out) {
  out.begin(Question::skill);
  const PreparedForm& own = memory.form(form);
  const FormMemory& state = memory.of(form);
  const PreparedSkill& words = own.skills[skill];
  const std::uint64_t phase = phase_of(state, skill);
  const std::uint64_t kind =
      (own.form.skills[skill].transactional ? 1 : 0) + phase * 2 + (own.skills.size() > 1 ? 16 : 0);
  const std::uint64_t acts = memory.acts_of(form);
  const std::uint64_t offered = offered_skill(memory, form, skill) ? 1 : 0;
  const std::uint64_t opens = step(heard, UserAct::opens);
  out.add(1, kind, acts, offered);
  out.add(2, kind, opens, offered);
  out.add(3, kind, mix(opens, step(heard, UserAct::select)), mix(acts, offered));
  out.add(4, kind, step(heard, UserAct::affirm), mix(offered, step(heard, UserAct::refuses)));
  out.add(5, kind, heard.other_form ? 1 : 0, mix(opens, acts));
  const std::uint64_t in_name = hits_of(heard.tokens, words.name);
  const std::uint64_t in_description = hits_of(heard.tokens, words.description);
  out.add(6, kind, in_name, in_description);
  out.add(7, kind, mix(in_name, in_description), opens);
  std::uint64_t better = 0;
  for (const PreparedSkill& other : own.skills) {
    const bool more = hits_of(heard.tokens, other.name) + hits_of(heard.tokens, other.description) >
                      in_name + in_description;
    better += more ? 1 : 0;
  }
  out.add(8, kind, better, opens);
  out.add(9, kind, missing_of(state, words), opens);
  std::uint64_t before = 1;
  for (const Token& token : heard.tokens) {
    out.add(10, kind, token.hash);
    out.add(11, kind, before, token.hash);
    for (const std::uint64_t word : words.name) {
      out.add(12, word, token.hash, phase == 0 ? 1 : 0);
      out.add(13, word, mix(before, token.hash), phase == 0 ? 1 : 0);
    }
    if (!token.function) {
      for (const std::uint64_t word : words.description) out.add(14, word, token.hash);
    }
    before = token.hash;
  }
}

void describe_end(const Memory& memory, std::size_t form, const Heard& heard, Features& out) {
  out.begin(Question::ends);
  const FormMemory& state = memory.of(form);
  const std::uint64_t acts = memory.acts_of(form);
  const std::uint64_t phase = (heard.other_form ? 1 : 0) + (memory.last().form == form ? 2 : 0) +
                              (state.begun && !state.skill ? 4 : 0);
  out.add(1, phase, acts);
  out.add(2, phase, acts, step(heard, UserAct::thanks));
  out.add(3, phase, acts, step(heard, UserAct::refuses));
  out.add(4, phase, acts, mix(step(heard, UserAct::goodbye), step(heard, UserAct::thanks)));
  out.add(5, phase, acts, step(heard, UserAct::opens));
  out.add(6, phase, acts, step(heard, UserAct::negate));
  out.add(7, phase, acts, mix(step(heard, UserAct::select), step(heard, UserAct::refuses)));
  std::uint64_t before = 1;
  for (const Token& token : heard.tokens) {
    out.add(8, acts, token.hash, phase);
    out.add(9, acts, before, token.hash);
    before = token.hash;
  }
}

void describe_request(const Memory& memory, std::size_t form, std::size_t slot, const Heard& heard,
                      Features& out) {
  out.begin(Question::request);
  const PreparedSlot& own = memory.form(form).slots[slot];
  const FormMemory& state = memory.of(form);
  const std::uint64_t kind = own.kind;
  const std::uint64_t asks = step(heard, UserAct::request);
  const std::uint64_t facts =
      (own.result ? 1U : 0U) + (own.input ? 2U : 0U) + (state.told[slot].empty() ? 0U : 4U) +
      (state.values[slot].empty() ? 0U : 8U) + (state.offered[slot].empty() ? 0U : 16U);
  out.add(1, facts, asks);
  out.add(2, kind, asks, facts);
  out.add(3, memory.acts_of(form), facts, asks);
  std::uint64_t hits = 0;
  std::uint64_t name_hits = 0;
  std::uint64_t before = 1;
  for (std::size_t at = 0; at < heard.tokens.size(); ++at) {
    const std::uint64_t word = heard.tokens[at].hash;
    out.add(4, kind, word, asks);
    for (const std::uint64_t name : own.name) {
      out.add(5, name, word);
      out.add(6, name, before, word);
      name_hits += name == word ? 1 : 0;
    }
    if (!heard.tokens[at].function) {
      for (const std::uint64_t name : own.description) out.add(11, name, word);
    }
    out.add(12, own.whole, mix(before, word));
    const std::uint64_t stem = stem_hash_of(heard.tokens[at].lower);
    if (std::ranges::contains(own.all, stem)) {
      ++hits;
      out.add(7, before, asks);
      out.add(8, at + 1 < heard.tokens.size() ? heard.tokens[at + 1].hash : 1, asks);
    }
    before = heard.tokens[at].before == Break::sentence ? mix(word, 2) : word;
  }
  const std::uint64_t share = own.all.empty() ? 0 : hits * 6 / own.all.size();
  out.add(9, std::min<std::uint64_t>(hits, 4), asks, facts);
  out.add(10, share, asks, std::min<std::uint64_t>(name_hits, 3));
}

}  // namespace weft::dialogue
