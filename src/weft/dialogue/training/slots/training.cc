#include "weft/dialogue/training/slots/training.h"

#include <algorithm>

namespace weft::dialogue {
namespace {

/// In so many of a hundred dialogues so many of a hundred words of the forms are as if never seen,
/// so that what holds for all forms is learned, too.
constexpr std::uint64_t kHidingPercent = 50;
constexpr std::uint64_t kHiddenPercent = 70;
/// So many of a hundred dialogues are as if the user wrote in small letters.
constexpr std::uint64_t kSmallPercent = 15;
/// In so many the names that the user gives are of other letters, so that who they are is not
/// learned.
constexpr std::uint64_t kStrangePercent = 30;
/// So many forms are looked at of which an utterance does not speak.
constexpr int kOthersOfOpening = 4;
constexpr int kOthers = 1;

/// The values that the frame's acts give a slot; nothing when they give none.
const SgdAct* informed(const SgdFrame& frame, const std::string& slot) {
  for (const SgdAct& act : frame.acts) {
    if (act.slot == slot && (act.act == "INFORM" || act.act == "SELECT") && !act.values.empty())
      return &act;
  }
  return nullptr;
}

bool is_right(const Filling& filling, Candidate::Kind kind, const SgdAct& act,
              const SgdFrame& frame) {
  const auto accepted = [&](const std::string& value) {
    return std::ranges::contains(act.values, value) || std::ranges::contains(act.canonical, value);
  };
  if (kind != Candidate::Kind::span) return accepted(filling.value);
  return std::ranges::any_of(frame.spans, [&](const SgdSpan& span) {
    return span.slot == act.slot && span.begin == filling.begin && span.end == filling.end;
  });
}

}  // namespace

void SlotsTraining::learn_acts(const SgdDialogue& dialogue) {
  std::uint32_t system_acts = 0;
  for (const SgdTurn& turn : dialogue.turns) {
    if (!turn.user) {
      const auto heard = system_turn_of(turn, services_);
      system_acts = heard ? heard->acts() : 0;
      continue;
    }
    const auto tokens = tokens_of(turn.utterance, vocabulary_);
    const ActGuess gold = acts_of(turn);
    for (std::size_t act = 0; act < kUserActs; ++act) {
      describe_act(tokens, system_acts, static_cast<UserAct>(act), features_);
      learner_.learn(features_, gold[act] > 0);
    }
  }
}

ActGuess SlotsTraining::guess(std::span<const Token> tokens, std::uint32_t system_acts) {
  ActGuess out{};
  for (std::size_t act = 0; act < kUserActs; ++act) {
    describe_act(tokens, system_acts, static_cast<UserAct>(act), features_);
    out[act] = learner_.probability(features_);
  }
  return out;
}

void SlotsTraining::learn_slots(const SgdDialogue& dialogue) {
  services_ = original_;
  hide_words();
  random_ = mix(random_, 3);
  const std::uint64_t chance = (random_ >> 20U) % 100;
  if (chance < kSmallPercent) return learn_dialogue(in_small_letters(dialogue));
  if (chance < kSmallPercent + kStrangePercent) return learn_dialogue(with_strange_names(dialogue));
  learn_dialogue(dialogue);
}

SgdDialogue SlotsTraining::with_strange_names(SgdDialogue dialogue) {
  for (SgdTurn& turn : dialogue.turns) {
    if (!turn.user) continue;
    for (const SgdFrame& frame : turn.frames) {
      const auto form = services_.find(frame.service);
      for (const SgdSpan& span : frame.spans) {
        const auto slot = form ? services_.forms()[*form].form.slot(span.slot) : std::nullopt;
        if (!slot || services_.forms()[*form].form.slots[*slot].kind != SlotKind::text) continue;
        for (std::size_t at = span.begin; at < span.end; ++at) {
          char& c = turn.utterance[at];
          const bool small = c >= 'a' && c <= 'z';
          if (!small && (c < 'A' || c > 'Z')) continue;
          random_ = mix(random_, 5);
          c = static_cast<char>((small ? 'a' : 'A') + (random_ >> 20U) % 26);
        }
      }
    }
  }
  return dialogue;
}

SgdDialogue SlotsTraining::in_small_letters(SgdDialogue dialogue) {
  const auto small = [](std::string& text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  for (SgdTurn& turn : dialogue.turns) {
    if (turn.user) small(turn.utterance);
  }
  return dialogue;
}

void SlotsTraining::learn_dialogue(const SgdDialogue& dialogue) {
  Memory memory(services_.forms(), vocabulary_);
  for (const SgdTurn& turn : dialogue.turns) {
    if (turn.user) {
      learn_turn(turn, memory);
    } else if (const auto heard = system_turn_of(turn, services_)) {
      memory.hear(*heard);
    }
  }
}

void SlotsTraining::hide_words() {
  const auto hidden = [&](std::uint64_t word) {
    random_ = mix(random_, 1);
    return (random_ >> 20U) % 100 < kHiddenPercent ? mix(random_, word) : word;
  };
  random_ = mix(random_, 2);
  if ((random_ >> 20U) % 100 >= kHidingPercent) return;
  for (PreparedForm& form : services_.forms()) {
    for (PreparedSlot& slot : form.slots) {
      for (std::uint64_t& word : slot.name) word = hidden(word);
      for (std::uint64_t& word : slot.description) word = hidden(word);
    }
    for (PreparedSkill& skill : form.skills) {
      for (std::uint64_t& word : skill.name) word = hidden(word);
      for (std::uint64_t& word : skill.description) word = hidden(word);
    }
  }
}

void SlotsTraining::learn_turn(const SgdTurn& turn, Memory& memory) {
  const auto tokens = tokens_of(turn.utterance, vocabulary_);
  const Heard heard{.tokens = tokens,
                    .acts = guess(tokens, memory.last().acts()),
                    .other_form = turn.frames.size() > 1};
  learn_others(turn, heard, memory);
  for (const std::size_t form : forms_of(turn, services_, memory)) {
    for (const SgdFrame& frame : turn.frames) {
      if (services_.find(frame.service) == form && frame.state)
        learn_frame(turn, frame, form, heard, memory);
    }
  }
}

/// What is said of some forms is not said of others.
void SlotsTraining::learn_others(const SgdTurn& turn, const Heard& heard, const Memory& memory) {
  const auto is_meant = [&](std::size_t form) {
    return std::ranges::any_of(
        turn.frames, [&](const SgdFrame& frame) { return services_.find(frame.service) == form; });
  };
  const bool opens = std::ranges::any_of(
      turn.frames, [](const SgdFrame& frame) { return frame.has("INFORM_INTENT"); });
  for (int i = 0; i < (opens ? kOthersOfOpening : kOthers); ++i) {
    random_ = mix(random_, 4);
    const std::size_t form = (random_ >> 20U) % memory.size();
    if (is_meant(form)) continue;
    for (std::size_t skill = 0; skill < memory.form(form).skills.size(); ++skill) {
      describe_skill(memory, form, skill, heard, features_);
      learner_.learn(features_, false);
    }
  }
}

void SlotsTraining::learn_frame(const SgdTurn& turn, const SgdFrame& frame, std::size_t form,
                                Heard heard, Memory& memory) {
  const Form& own = services_.forms()[form].form;
  FormMemory& state = memory.of(form);
  const auto before = state.skill;
  const auto after = own.skill(frame.state->active_intent);
  const bool opens = frame.has("INFORM_INTENT") || frame.has("AFFIRM_INTENT");
  for (std::size_t skill = 0; skill < own.skills.size(); ++skill) {
    describe_skill(memory, form, skill, heard, features_);
    learner_.learn(features_, opens && after == skill);
  }
  if (before && !opens) {
    describe_end(memory, form, heard, features_);
    learner_.learn(features_, !after);
  }
  std::vector<bool> filled(own.slots.size(), false);
  for (std::size_t slot = 0; slot < own.slots.size(); ++slot)
    filled[slot] = informed(frame, own.slots[slot].name) != nullptr;
  for (const Carried& carried : carried_of(memory, form)) {
    if (filled[carried.slot]) continue;
    describe_carried(memory, form, carried, after, filled, heard, features_);
    const auto* gold = frame.state->find(own.slots[carried.slot].name);
    learner_.learn(features_, gold != nullptr && std::ranges::contains(*gold, carried.value));
  }
  for (std::size_t slot = 0; slot < own.slots.size(); ++slot) {
    describe_request(memory, form, slot, heard, features_);
    learner_.learn(features_, std::ranges::contains(frame.state->requested, own.slots[slot].name));
  }
  state.skill = after;
  learn_fillings(turn, frame, form, memory);
  put_state(*frame.state, form, memory);
}

void SlotsTraining::learn_fillings(const SgdTurn& turn, const SgdFrame& frame, std::size_t form,
                                   Memory& memory) {
  const Form& own = services_.forms()[form].form;
  const auto contexts = memory.contexts(form, memory.of(form).skill);
  const auto values = extract_ ? extract_(turn.utterance) : std::vector<Value>();
  const Turn asked{.utterance = turn.utterance,
                   .values = values,
                   .form = &memory.form(form),
                   .slots = contexts,
                   .system_acts = memory.acts_of(form),
                   .known = &memory.known(),
                   .opens = frame.has("INFORM_INTENT") || frame.has("AFFIRM_INTENT")};
  const Candidates candidates(asked, vocabulary_);
  for (const Candidate& candidate : candidates.all()) {
    const SgdAct* act = informed(frame, own.slots[candidate.slot].name);
    const bool right =
        act != nullptr && is_right(candidates.filling_of(candidate), candidate.kind, *act, frame);
    candidates.describe(candidate, features_);
    learner_.learn(features_, right);
  }
}

}  // namespace weft::dialogue
