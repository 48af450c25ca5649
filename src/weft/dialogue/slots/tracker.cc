#include "weft/dialogue/slots/tracker.h"

#include <algorithm>
#include <map>

namespace weft::dialogue {
namespace {

constexpr float kOpensLeast = 0.5F;
constexpr float kEndsLeast = 0.5F;
constexpr float kRequestLeast = 0.4F;
/// Of a value to be believed.
constexpr float kFillLeast = 0.25F;
/// The same of an answer to a question, and of what is carried over.
constexpr float kAnswerLeast = 0.02F;
constexpr float kCarryLeast = 0.5F;
/// Of one to be kept in mind as a doubt, and what is doubted where an answer was not understood,
/// and where a count is known from elsewhere.
constexpr float kDoubtLeast = 0.01F;
constexpr float kDoubtOfAsked = 0.5F;
constexpr float kDoubtOfCount = 0.1F;

bool is_count(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

TurnChange Tracker::listen(std::string_view utterance, std::span<const Value> values,
                           std::span<const std::size_t> forms) {
  TurnChange out;
  const std::vector<Token> tokens = tokens_of(utterance, memory_.vocabulary());
  Heard heard{.tokens = tokens,
              .acts = guess_acts(model_, tokens, memory_.last().acts()),
              .other_form = forms.size() > 1};
  out.acts = heard.acts;
  for (const std::size_t form : forms) {
    FormChange change;
    change.form = form;
    FormMemory& state = memory_.of(form);
    const std::optional<std::size_t> before = state.skill;
    change.opened = choose_skill(form, heard);
    change.fillings = fill(form, utterance, values, change.opened);
    std::vector<bool> filled(state.values.size(), false);
    for (const Filling& filling : change.fillings) filled[filling.slot] = true;
    change.carried = carry(form, before, filled, heard);
    note_requests(form, heard);
    for (const Filling& filling : change.fillings) state.values[filling.slot] = filling.value;
    for (const Carried& carried : change.carried) state.values[carried.slot] = carried.value;
    out.forms.push_back(std::move(change));
  }
  for (const std::size_t form : forms) memory_.of(form).begun = true;
  return out;
}

bool Tracker::choose_skill(std::size_t form, const Heard& heard) {
  FormMemory& state = memory_.of(form);
  Features features;
  float best = -1;
  std::size_t chosen = 0;
  for (std::size_t skill = 0; skill < memory_.form(form).skills.size(); ++skill) {
    describe_skill(memory_, form, skill, heard, features);
    const float probability = model_.probability(features);
    if (probability > best) {
      best = probability;
      chosen = skill;
    }
  }
  if (best >= kOpensLeast || (!state.begun && best >= 0)) {
    state.skill = chosen;
    return true;
  }
  if (!state.skill) return false;
  describe_end(memory_, form, heard, features);
  if (model_.probability(features) >= kEndsLeast) state.skill.reset();
  return false;
}

std::vector<Filling> Tracker::fill(std::size_t form, std::string_view utterance,
                                   std::span<const Value> values, bool opened) {
  const auto contexts = memory_.contexts(form, memory_.of(form).skill);
  const Turn turn{.utterance = utterance,
                  .values = values,
                  .form = &memory_.form(form),
                  .slots = contexts,
                  .system_acts = memory_.acts_of(form),
                  .known = &memory_.known(),
                  .opens = opened};
  std::vector<Filling> all = Filler(model_, memory_.vocabulary()).fill(turn, kDoubtLeast);
  std::vector<Filling> out;
  for (Filling& filling : all) {
    float& doubt = memory_.of(form).doubt[filling.slot];
    const bool asked = memory_.of(form).asked[filling.slot];
    const float least = asked ? kAnswerLeast : kFillLeast;
    if (filling.probability >= least) {
      doubt = 0;
      out.push_back(std::move(filling));
    } else {
      doubt = std::max(doubt, filling.probability);
    }
  }
  FormMemory& state = memory_.of(form);
  const auto& slots = memory_.form(form).form.slots;
  for (const Filling& filling : out) {
    // What was not surely meant for a slot may have been meant for another of the kind.
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
      if (slot != filling.slot && slots[slot].kind == slots[filling.slot].kind)
        state.doubt[slot] = std::max(state.doubt[slot], (1 - filling.probability) / 2);
    }
  }
  for (std::size_t slot = 0; slot < state.asked.size(); ++slot) {
    // The answer was there, most likely, and was not understood.
    if (state.asked[slot] && !std::ranges::contains(out, slot, &Filling::slot))
      state.doubt[slot] = std::max(state.doubt[slot], kDoubtOfAsked);
  }
  return out;
}

std::vector<Carried> Tracker::carry(std::size_t form, std::optional<std::size_t> before,
                                    const std::vector<bool>& filled, const Heard& heard) {
  FormMemory& state = memory_.of(form);
  const std::optional<std::size_t> after = std::exchange(state.skill, before);
  std::map<std::size_t, std::pair<float, Carried>> best;
  Features features;
  for (Carried& carried : carried_of(memory_, form)) {
    if (filled[carried.slot]) continue;
    describe_carried(memory_, form, carried, after, filled, heard, features);
    const float probability = model_.probability(features);
    auto& [most, chosen] = best[carried.slot];
    // A count that is known elsewhere ("two of us") is hardly another one here.
    const SlotKind kind = memory_.form(form).form.slots[carried.slot].kind;
    const bool counts = carried.source == Carried::Source::state && carried.form != form &&
                        (kind == SlotKind::number || kind == SlotKind::integer ||
                         (kind == SlotKind::choice && is_count(carried.value)));
    const float likely = std::max(probability, counts ? kDoubtOfCount : 0);
    if (likely >= kDoubtLeast)
      state.doubt[carried.slot] = std::max(state.doubt[carried.slot], likely);
    if (probability < kCarryLeast || probability <= most) continue;
    most = probability;
    chosen = std::move(carried);
  }
  state.skill = after;
  std::vector<Carried> out;
  for (auto& [slot, each] : best) {
    if (each.first > 0) out.push_back(std::move(each.second));
  }
  return out;
}

void Tracker::note_requests(std::size_t form, const Heard& heard) {
  FormMemory& state = memory_.of(form);
  state.requested.clear();
  Features features;
  for (std::size_t slot = 0; slot < state.values.size(); ++slot) {
    describe_request(memory_, form, slot, heard, features);
    if (model_.probability(features) >= kRequestLeast) state.requested.push_back(slot);
  }
}

}  // namespace weft::dialogue
