#include "weft/dialogue/replay/conversation.h"

#include <algorithm>
#include <array>

namespace weft::dialogue {
namespace {

template <class Act>
struct ActName {
  std::string_view name;
  Act act;
};

constexpr std::array<ActName<SystemAct>, 10> kSystemNames = {{
    {"INFORM", SystemAct::inform},
    {"REQUEST", SystemAct::request},
    {"CONFIRM", SystemAct::confirm},
    {"OFFER", SystemAct::offer},
    {"INFORM_COUNT", SystemAct::inform_count},
    {"OFFER_INTENT", SystemAct::offer_skill},
    {"NOTIFY_SUCCESS", SystemAct::succeeded},
    {"NOTIFY_FAILURE", SystemAct::failed},
    {"REQ_MORE", SystemAct::ask_more},
    {"GOODBYE", SystemAct::goodbye},
}};

constexpr std::array<ActName<UserAct>, 11> kUserNames = {{
    {"AFFIRM", UserAct::affirm},
    {"NEGATE", UserAct::negate},
    {"SELECT", UserAct::select},
    {"REQUEST_ALTS", UserAct::alternatives},
    {"REQUEST", UserAct::request},
    {"INFORM", UserAct::inform},
    {"INFORM_INTENT", UserAct::opens},
    {"AFFIRM_INTENT", UserAct::opens},
    {"NEGATE_INTENT", UserAct::refuses},
    {"THANK_YOU", UserAct::thanks},
    {"GOODBYE", UserAct::goodbye},
}};

}  // namespace

SgdServices::SgdServices(std::vector<Form> forms, const Vocabulary& vocabulary) {
  forms_.reserve(forms.size());
  for (Form& form : forms) {
    numbers_.emplace(form.name, forms_.size());
    forms_.push_back(prepare(std::move(form), vocabulary));
  }
}

std::optional<std::size_t> SgdServices::find(std::string_view service) const {
  const auto at = numbers_.find(service);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<SystemTurn> system_turn_of(const SgdTurn& turn, const SgdServices& services) {
  if (turn.frames.empty()) return std::nullopt;
  const SgdFrame& frame = turn.frames.front();
  const auto form = services.find(frame.service);
  if (!form) return std::nullopt;
  const Form& own = services.forms()[*form].form;
  SystemTurn out;
  out.form = *form;
  for (const SgdAct& act : frame.acts) {
    const auto known =
        std::ranges::find(kSystemNames, std::string_view(act.act), &ActName<SystemAct>::name);
    if (known == kSystemNames.end()) continue;
    SystemMove move{.act = known->act, .slot = own.slot(act.slot), .skill = {}, .values = {}};
    if (known->act == SystemAct::offer_skill && !act.values.empty()) {
      move.skill = own.skill(act.values.front());
    } else {
      move.values = act.values;
    }
    out.moves.push_back(std::move(move));
  }
  for (const SgdFields& result : frame.results) {
    Entity entity;
    for (const auto& [name, value] : result) {
      if (const auto slot = own.slot(name)) entity.emplace_back(*slot, value);
    }
    out.results.push_back(std::move(entity));
  }
  return out;
}

std::vector<std::size_t> forms_of(const SgdTurn& turn, const SgdServices& services,
                                  const Memory& memory) {
  std::vector<std::size_t> out;
  for (const SgdFrame& frame : turn.frames) {
    if (const auto form = services.find(frame.service)) out.push_back(*form);
  }
  std::ranges::stable_partition(out, [&](std::size_t form) { return memory.of(form).begun; });
  return out;
}

void put_state(const SgdState& state, std::size_t form, Memory& memory) {
  const Form& own = memory.form(form).form;
  FormMemory& mine = memory.of(form);
  mine.begun = true;
  mine.skill = own.skill(state.active_intent);
  mine.requested.clear();
  for (const std::string& name : state.requested) {
    if (const auto slot = own.slot(name)) mine.requested.push_back(*slot);
  }
  for (std::size_t slot = 0; slot < own.slots.size(); ++slot) {
    const auto* spellings = state.find(own.slots[slot].name);
    if (spellings == nullptr || spellings->empty()) {
      mine.values[slot].clear();
    } else if (!std::ranges::contains(*spellings, mine.values[slot])) {
      mine.values[slot] = spellings->front();
    }
  }
}

ActGuess acts_of(const SgdTurn& turn) {
  ActGuess out{};
  for (const auto& [name, act] : kUserNames) {
    for (const SgdFrame& frame : turn.frames) {
      if (frame.has(name)) out[static_cast<std::size_t>(act)] = 1;
    }
  }
  return out;
}

}  // namespace weft::dialogue
