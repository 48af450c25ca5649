#include "weft/dialogue/replay/finish.h"

#include <algorithm>
#include <set>

namespace weft::dialogue {
namespace {

/// Results that are shown at once.
constexpr std::size_t kShownMax = 5;
/// Turns, times those recorded.
constexpr std::size_t kTurnsFactor = 3;
/// Times that one slot is asked for before the hub hands over to a person.
constexpr std::size_t kAsksMax = 2;
constexpr float kOpensElsewhere = 0.5F;

}  // namespace

ChooseForms choose_by_model(const LinearModel& model) {
  return [&model](std::string_view utterance, const Memory& memory) -> std::vector<std::size_t> {
    const auto tokens = tokens_of(utterance, memory.vocabulary());
    const Heard heard{.tokens = tokens, .acts = guess_acts(model, tokens, memory.last().acts())};
    const bool begun = memory.of(memory.last().form).begun;
    Features features;
    float best = -1;
    std::size_t chosen = 0;
    for (std::size_t form = 0; form < memory.size(); ++form) {
      for (std::size_t skill = 0; skill < memory.form(form).skills.size(); ++skill) {
        describe_skill(memory, form, skill, heard, features);
        const float probability = model.probability(features);
        if (probability <= best) continue;
        best = probability;
        chosen = form;
      }
    }
    if (begun && best < kOpensElsewhere) return {memory.last().form};
    return {chosen};
  };
}

/// One dialogue as it is played.
class FinishReplay::Dialogue {
 public:
  Dialogue(FinishReplay& replay, const SgdDialogue& dialogue)
      : replay_(replay),
        dialogue_(dialogue),
        goals_(goals_of(dialogue, replay.services_)),
        tracker_(replay.model_, replay.services_.forms(), replay.vocabulary_) {}

  void run() {
    if (goals_.empty()) return;
    std::size_t recorded = 0;
    for (const SgdTurn& turn : dialogue_.turns) recorded += turn.user ? 0 : 1;
    say(dialogue_.turns.front().utterance);
    while (at_ < goals_.size() && !given_up_ && turns_ < recorded * kTurnsFactor) turn();
    if (at_ < goals_.size() && cause_.empty()) cause_ = "too many turns";
    FinishReport& report = replay_.report_;
    const std::size_t count = std::min<std::size_t>(dialogue_.services.size(), 4);
    for (FinishFigures* figures :
         {&report.all, count > 1 ? &report.multi : &report.single, &report.by_services[count]}) {
      const bool done = at_ == goals_.size() && wrong_ == 0;
      figures->success.add(done ? 1 : 0);
      figures->calls.add(static_cast<double>(at_) / static_cast<double>(goals_.size()));
      figures->wrong_do.add(wrong_ > 0 ? 1 : 0);
      figures->turns.add(static_cast<double>(turns_) / static_cast<double>(recorded));
      figures->repeats.add(static_cast<double>(repeats_));
    }
    if (!cause_.empty()) ++report.failures[cause_];
    if (!cause_.empty() && replay_.complain_)
      replay_.complain_("FINISH " + dialogue_.id + " " + cause_ + " " + detail_ + " | " +
                        utterance_);
  }

 private:
  void say(std::string utterance) {
    utterance_ = std::move(utterance);
    said_.insert(utterance_);
  }

  const Form& form_of(std::size_t form) const { return replay_.services_.forms()[form].form; }
  const Goal& goal() const { return goals_[at_]; }

  void give_up(std::string why, std::string detail = {}) {
    given_up_ = true;
    cause_ = std::move(why);
    detail_ = std::move(detail);
  }

  /// What a call was to be, and what it was.
  std::string difference(const Decision& decision) const {
    std::string out;
    for (const auto& [slot, value] : decision.parameters)
      out += " " + form_of(decision.form).slots[slot].name + "=" + value;
    out += " not";
    const Goal& wanted = goal();
    for (const auto& [slot, accepted] : wanted.parameters)
      out += " " + form_of(wanted.form).slots[slot].name + "=" + accepted.back();
    return out;
  }

  void turn() {
    ++turns_;
    const auto forms = replay_.choose_(utterance_, tracker_.memory());
    const auto values = replay_.extract_ ? replay_.extract_(utterance_) : std::vector<Value>();
    const TurnChange change = tracker_.listen(utterance_, values, forms);
    if (!shown_.empty()) take_entity(change);
    Decision decision = decide(tracker_.memory(), change);
    if (pending_opening_ && !opened(change)) return after_pick();
    pending_opening_ = false;
    switch (decision.kind) {
      case Decision::Kind::ask: return answer(decision);
      case Decision::Kind::confirm: return confirm(decision);
      case Decision::Kind::call: return call(decision);
      case Decision::Kind::other: return unknown();
    }
  }

  static bool opened(const TurnChange& change) {
    return std::ranges::any_of(change.forms, &FormChange::opened);
  }

  void unknown() {
    if (again_) return give_up("no skill was found");
    again_ = true;
    say(goal().opening);
  }

  void answer(const Decision& decision) {
    SystemTurn turn{.form = decision.form, .moves = {}, .results = {}};
    std::string out;
    for (const std::size_t slot : decision.asks) {
      turn.moves.push_back({.act = SystemAct::request, .slot = slot, .skill = {}, .values = {}});
      std::string words = "I don't mind.";
      if (decision.form == goal().form) {
        const auto saying = goal().saying.find(slot);
        const auto value = goal().parameters.find(slot);
        if (saying != goal().saying.end()) {
          words = saying->second;
          repeats_ += said_.contains(words) ? 1 : 0;
          if (++asked_[{decision.form, slot}] > kAsksMax)
            return give_up("an answer was not understood", form_of(decision.form).slots[slot].name);
        } else if (value != goal().parameters.end()) {
          words = value->second.back();
        }
      }
      if (out.find(words) == std::string::npos) out += (out.empty() ? "" : " ") + words;
    }
    tracker_.hear(turn);
    for (const std::size_t slot : decision.asks) {
      const auto saying = goal().saying.find(slot);
      if (saying != goal().saying.end()) said_.insert(saying->second);
    }
    say(out);
  }

  /// What would be sent, with what holds where nothing is said.
  Decision completed(Decision decision) const {
    const FormMemory& state = tracker_.memory().of(decision.form);
    for (const OptionalSlot& each : form_of(decision.form).skills[decision.skill].optional) {
      if (state.values[each.slot].empty() && each.initial != kDontCare)
        decision.parameters.emplace_back(each.slot, each.initial);
    }
    return decision;
  }

  void confirm(const Decision& decision) {
    const Decision all = completed(decision);
    SystemTurn turn{.form = decision.form, .moves = {}, .results = {}};
    for (const auto& [slot, value] : all.parameters)
      turn.moves.push_back(
          {.act = SystemAct::confirm, .slot = slot, .skill = {}, .values = {value}});
    tracker_.hear(turn);
    if (goal().form != decision.form || goal().skill != decision.skill) {
      if (corrections_++ > 2) return give_up("another skill is confirmed");
      return say("No. " + goal().opening);
    }
    const auto wrong = goal().wrong_slot(all);
    if (!wrong) return say("Yes.");
    if (corrections_++ > 4) return give_up("a correction was not understood");
    std::string name = form_of(decision.form).slots[*wrong].name;
    std::ranges::replace(name, '_', ' ');
    const auto value = goal().parameters.find(*wrong);
    say(value == goal().parameters.end() ? "No, any " + name
                                         : "No, " + name + " " + value->second.back());
  }

  void call(const Decision& decision) {
    const FormSkill& skill = form_of(decision.form).skills[decision.skill];
    if (!goal().is(decision)) {
      if (skill.transactional) {
        ++wrong_;
        return give_up("a wrong transactional call", difference(decision));
      }
      tracker_.hear({.form = decision.form,
                     .moves = {{.act = SystemAct::failed, .slot = {}, .skill = {}, .values = {}}},
                     .results = {}});
      // Nothing was found: the user says once more what is wanted.
      if (!again_) {
        again_ = true;
        return say(goal().opening);
      }
      return give_up(goal().form != decision.form     ? "a search of another service"
                     : goal().skill != decision.skill ? "a search of another skill"
                                                      : "a search with other parameters",
                     form_of(decision.form).name + difference(decision));
    }
    const Goal& done = goals_[at_++];
    again_ = false;
    corrections_ = 0;
    asked_.clear();
    tracker_.memory().of(decision.form).last_skill = decision.skill;
    if (at_ == goals_.size()) return;
    show(done, skill.transactional);
  }

  /// The results, and which of them the user wants.
  void show(const Goal& done, bool transactional) {
    SystemTurn turn{.form = done.form, .moves = {}, .results = done.results};
    if (transactional) {
      turn.moves = {{.act = SystemAct::succeeded, .slot = {}, .skill = {}, .values = {}},
                    {.act = SystemAct::ask_more, .slot = {}, .skill = {}, .values = {}}};
      tracker_.hear(turn);
      return say(goal().opening);
    }
    const auto wanted = wanted_of(done);
    shown_form_ = done.form;
    shown_.assign(done.results.begin(),
                  done.results.begin() +
                      static_cast<std::ptrdiff_t>(std::min(done.results.size(), kShownMax)));
    if (!wanted && !shown_.empty()) {
      for (const auto& [slot, value] : shown_.front())
        turn.moves.push_back(
            {.act = SystemAct::offer, .slot = slot, .skill = {}, .values = {value}});
      shown_.resize(1);
      tracker_.hear(turn);
      return say(goal().opening);
    }
    for (const Entity& entity : shown_) {
      for (const auto& [slot, value] : entity) {
        if (!wanted || slot == wanted->first)
          turn.moves.push_back(
              {.act = SystemAct::offer, .slot = slot, .skill = {}, .values = {value}});
      }
    }
    tracker_.hear(turn);
    if (!wanted) return say(goal().opening);
    const bool is_shown = std::ranges::any_of(
        shown_, [&](const Entity& entity) { return std::ranges::contains(entity, *wanted); });
    if (!is_shown) return give_up("what is wanted was not among the results shown");
    pending_opening_ = true;
    say("The " + wanted->second + ".");
  }

  /// The value by which the next call names one of these results.
  std::optional<std::pair<std::size_t, std::string>> wanted_of(const Goal& done) const {
    const Goal& next = goal();
    if (next.form != done.form || next.skill == done.skill) return std::nullopt;
    for (const auto& [slot, accepted] : next.parameters) {
      if (done.parameters.contains(slot)) continue;
      if (form_of(done.form).slots[slot].kind != SlotKind::text) continue;
      for (const Entity& entity : done.results) {
        for (const auto& [at, value] : entity) {
          if (at == slot && std::ranges::contains(accepted, value)) return std::pair(slot, value);
        }
      }
    }
    return std::nullopt;
  }

  /// One of the results was picked: what the next skill needs of it is known.
  void take_entity(const TurnChange& change) {
    for (const FormChange& each : change.forms) {
      if (each.form != shown_form_) continue;
      FormMemory& state = tracker_.memory().of(each.form);
      const PreparedForm& form = tracker_.memory().form(each.form);
      const Entity* picked = nullptr;
      for (const Entity& entity : shown_) {
        const bool named = std::ranges::any_of(entity, [&](const auto& field) {
          return state.values[field.first] == field.second &&
                 form.form.slots[field.first].kind == SlotKind::text &&
                 form.slots[field.first].transaction_input &&
                 std::ranges::contains(each.fillings, field.first, &Filling::slot);
        });
        if (named && picked == nullptr) picked = &entity;
      }
      if (picked == nullptr) continue;
      for (const auto& [slot, value] : *picked) {
        if (form.slots[slot].transaction_input && state.values[slot].empty())
          state.values[slot] = value;
      }
      state.entity = *picked;
      shown_.clear();
      return;
    }
  }

  void after_pick() {
    pending_opening_ = false;
    SystemTurn turn{.form = tracker_.memory().last().form, .moves = {}, .results = {}};
    turn.moves.push_back(
        {.act = SystemAct::offer_skill, .slot = {}, .skill = offered(turn.form), .values = {}});
    tracker_.hear(turn);
    say(goal().opening);
  }

  std::optional<std::size_t> offered(std::size_t form) const {
    const auto& skills = form_of(form).skills;
    for (std::size_t skill = 0; skill < skills.size(); ++skill) {
      if (skills[skill].transactional) return skill;
    }
    return std::nullopt;
  }

  FinishReplay& replay_;
  const SgdDialogue& dialogue_;
  std::vector<Goal> goals_;
  Tracker tracker_;
  std::string utterance_;
  std::set<std::string> said_;
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> asked_;  ///< by form and slot
  std::vector<Entity> shown_;
  std::size_t shown_form_ = 0;
  std::size_t at_ = 0;  ///< of the goals: the next
  std::size_t turns_ = 0;
  std::size_t wrong_ = 0;
  std::size_t repeats_ = 0;
  std::size_t corrections_ = 0;
  bool again_ = false;
  bool given_up_ = false;
  bool pending_opening_ = false;
  std::string cause_;
  std::string detail_;
};

void FinishReplay::add(const SgdDialogue& dialogue) { Dialogue(*this, dialogue).run(); }

namespace {

json::object to_json(const FinishFigures& figures) {
  json::object out;
  out["dialogues"] = static_cast<std::int64_t>(figures.success.count);
  out["success"] = figures.success.get();
  out["calls"] = figures.calls.get();
  out["wrong_do"] = figures.wrong_do.get();
  out["turns"] = figures.turns.get();
  out["repeats"] = figures.repeats.get();
  return out;
}

}  // namespace

json::object to_json(const FinishReport& report) {
  json::object out;
  out["all"] = to_json(report.all);
  out["single"] = to_json(report.single);
  out["multi"] = to_json(report.multi);
  json::object by;
  for (const auto& [count, figures] : report.by_services)
    by[std::to_string(count)] = to_json(figures);
  out["by_services"] = std::move(by);
  json::object failures;
  for (const auto& [cause, count] : report.failures) failures[cause] = count;
  out["failures"] = std::move(failures);
  return out;
}

}  // namespace weft::dialogue
