#include "weft/dialogue/replay/fill.h"

#include <algorithm>

namespace weft::dialogue {
namespace {

using Kind = Decision::Kind;

/// What the system did, of those that are decided: a call before a confirmation before a question.
Kind recorded_move(const SgdFrame& frame) {
  if (frame.call) return Kind::call;
  if (frame.has("CONFIRM")) return Kind::confirm;
  return frame.has("REQUEST") ? Kind::ask : Kind::other;
}

double match_of(const Slot& slot, const std::vector<std::string>* gold, const std::string& value) {
  const bool set = gold != nullptr && !gold->empty();
  if (!set) return value.empty() ? 1 : 0;
  if (value.empty()) return 0;
  const bool categorical = slot.kind == SlotKind::choice || slot.kind == SlotKind::boolean;
  return categorical ? (gold->front() == value ? 1 : 0) : best_ratio(value, *gold);
}

bool is_exact(const SgdCall& gold, const SgdState* state, const Decision& decision,
              const Form& form) {
  if (form.skills[decision.skill].name != gold.method ||
      decision.parameters.size() != gold.parameters.size())
    return false;
  return std::ranges::all_of(gold.parameters, [&](const auto& parameter) {
    const auto at = std::ranges::find_if(decision.parameters, [&](const auto& mine) {
      return form.slots[mine.first].name == parameter.first;
    });
    if (at == decision.parameters.end()) return false;
    const auto* spellings = state != nullptr ? state->find(parameter.first) : nullptr;
    return at->second == parameter.second ||
           (spellings != nullptr && std::ranges::contains(*spellings, at->second));
  });
}

}  // namespace

/// One dialogue as it is replayed.
class FillReplay::Dialogue {
 public:
  Dialogue(FillReplay& replay, const SgdDialogue& dialogue)
      : replay_(replay),
        dialogue_(dialogue),
        tracker_(replay.model_, replay.services_.forms(), replay.vocabulary_) {}

  void run() {
    for (const SgdTurn& turn : dialogue_.turns) {
      if (turn.user) {
        listen(turn);
      } else {
        judge_move(turn);
        if (const auto heard = system_turn_of(turn, replay_.services_)) tracker_.hear(*heard);
      }
    }
  }

 private:
  template <class Add>
  void count(const std::string& service, Add add) {
    FillReport& report = replay_.report_;
    add(report.all);
    add(replay_.options_.seen.contains(service) ? report.seen : report.unseen);
    add(dialogue_.services.size() > 1 ? report.multi : report.single);
  }

  template <class Make>
  void complain(Make make) {
    if (replay_.options_.complain) replay_.options_.complain(make());
  }

  void listen(const SgdTurn& turn) {
    user_ = &turn;
    const auto forms = forms_of(turn, replay_.services_, tracker_.memory());
    const auto values =
        replay_.options_.extract ? replay_.options_.extract(turn.utterance) : std::vector<Value>();
    change_ = tracker_.listen(turn.utterance, values, forms);
    if (replay_.options_.oracle) put_oracle(turn);
    for (const SgdFrame& frame : turn.frames) {
      const auto form = replay_.services_.find(frame.service);
      if (form && frame.state) judge_frame(*form, frame);
    }
  }

  void put_oracle(const SgdTurn& turn) {
    change_.acts = acts_of(turn);
    for (const SgdFrame& frame : turn.frames) {
      const auto form = replay_.services_.find(frame.service);
      if (!form || !frame.state) continue;
      put_state(*frame.state, *form, tracker_.memory());
      for (FormChange& each : change_.forms) {
        if (each.form != *form) continue;
        each.opened = frame.has("INFORM_INTENT") || frame.has("AFFIRM_INTENT");
        if (!frame.has("INFORM")) each.fillings.clear();
      }
    }
  }

  void judge_frame(std::size_t form, const SgdFrame& frame) {
    const Form& own = replay_.services_.forms()[form].form;
    const FormMemory& state = tracker_.memory().of(form);
    const std::string_view intent = state.skill ? own.skills[*state.skill].name : kNoIntent;
    std::vector<std::string> requested;
    requested.reserve(state.requested.size());
    for (const std::size_t slot : state.requested) requested.push_back(own.slots[slot].name);
    double joint = 1;
    Mean average;
    for (std::size_t slot = 0; slot < own.slots.size(); ++slot) {
      const auto* gold = frame.state->find(own.slots[slot].name);
      const double match = match_of(own.slots[slot], gold, state.values[slot]);
      joint *= match;
      if (gold != nullptr) average.add(match);
      if (match < 0.8) complain_of(own, slot, gold, state.values[slot]);
    }
    if (intent != frame.state->active_intent) {
      complain([&] {
        return "INTENT " + frame.state->active_intent + " != " + std::string(intent) + " | " +
               user_->utterance;
      });
    }
    count(frame.service, [&](FillFigures& figures) {
      figures.intent.add(intent == frame.state->active_intent ? 1 : 0);
      if (!requested.empty() || !frame.state->requested.empty())
        figures.requested_f1.add(f1_of(frame.state->requested, requested));
      if (average.count > 0) figures.average_goal.add(average.get());
      figures.joint_goal.add(joint);
    });
  }

  void complain_of(const Form& form, std::size_t slot, const std::vector<std::string>* gold,
                   const std::string& value) {
    complain([&] {
      const bool fresh = std::ranges::any_of(change_.forms, [&](const FormChange& each) {
        return std::ranges::contains(each.fillings, slot, &Filling::slot) ||
               std::ranges::contains(each.carried, slot, &Carried::slot);
      });
      return "SLOT " + dialogue_.id + " " + form.name + "." + form.slots[slot].name +
             " gold=" + (gold != nullptr && !gold->empty() ? gold->front() : "-") +
             " mine=" + value + (fresh ? " now" : " old") + " | " + user_->utterance;
    });
  }

  void judge_move(const SgdTurn& turn) {
    if (turn.frames.empty() || user_ == nullptr) return;
    const SgdFrame& frame = turn.frames.front();
    const Kind gold = recorded_move(frame);
    if (gold == Kind::other) return;
    const Decision decision = decide(tracker_.memory(), change_);
    const auto form = replay_.services_.find(frame.service);
    const Form& own = tracker_.memory().form(decision.form).form;
    const SgdState* state = nullptr;
    for (const SgdFrame& each : user_->frames) {
      if (each.service == frame.service && each.state) state = &*each.state;
    }
    const bool same_form = form && *form == decision.form;
    bool right = decision.kind == gold;
    std::size_t repeated = 0;
    if (gold == Kind::ask && right) {
      right = same_form && std::ranges::any_of(frame.acts, [&](const SgdAct& act) {
                return act.act == "REQUEST" &&
                       std::ranges::any_of(decision.asks, [&](std::size_t slot) {
                         return own.slots[slot].name == act.slot;
                       });
              });
      for (const std::size_t slot : decision.asks) {
        if (!same_form || state == nullptr || state->find(own.slots[slot].name) == nullptr)
          continue;
        ++repeated;
        complain([&] {
          return "REASK " + dialogue_.id + " " + frame.service + "." + own.slots[slot].name + " " +
                 state->find(own.slots[slot].name)->front() + " " +
                 std::to_string(tracker_.memory().of(decision.form).doubt[slot]) + " | " +
                 user_->utterance;
        });
      }
    }
    const bool exact = frame.call && decision.kind == Kind::call && same_form &&
                       is_exact(*frame.call, state, decision, own);
    const bool called = decision.kind == Kind::call;
    const bool transactional = called && own.skills[decision.skill].transactional;
    const auto row = static_cast<std::size_t>(gold);
    ++replay_.report_.moves[row][static_cast<std::size_t>(decision.kind)];
    count(frame.service, [&](FillFigures& figures) {
      figures.decide[row].add(right ? 1 : 0);
      figures.decide_all.add(right ? 1 : 0);
      if (gold == Kind::ask && decision.kind == Kind::ask)
        figures.re_ask.add(static_cast<double>(repeated));
      if (gold != Kind::call) {
        figures.false_call.add(called ? 1 : 0);
        figures.false_call_transactional.add(transactional ? 1 : 0);
      }
      if (frame.call) figures.call_exact.add(exact ? 1 : 0);
    });
    if (!right) complain_of_move(gold, decision, own, frame);
  }

  void complain_of_move(Kind gold, const Decision& decision, const Form& own,
                        const SgdFrame& frame) {
    complain([&] {
      std::string out = "MOVE " + dialogue_.id + " " + frame.service + " " +
                        std::string(to_string(gold)) +
                        " != " + std::string(to_string(decision.kind));
      for (const SgdAct& act : frame.acts) {
        if (act.act == "REQUEST") out += " ?" + act.slot;
      }
      for (const std::size_t slot : decision.asks) out += " -" + own.slots[slot].name;
      return out + " | " + user_->utterance;
    });
  }

  FillReplay& replay_;
  const SgdDialogue& dialogue_;
  Tracker tracker_;
  TurnChange change_;
  const SgdTurn* user_ = nullptr;
};

void FillReplay::add(const SgdDialogue& dialogue) {
  Dialogue(*this, dialogue).run();
  ++report_.dialogues;
}

namespace {

json::object to_json(const FillFigures& figures) {
  json::object out;
  const auto add = [&](std::string_view name, const Mean& mean) {
    if (mean.count > 0) out[name] = mean.get();
  };
  out["frames"] = static_cast<std::int64_t>(figures.intent.count);
  add("intent", figures.intent);
  add("requested_f1", figures.requested_f1);
  add("average_goal", figures.average_goal);
  add("joint_goal", figures.joint_goal);
  add("decide", figures.decide_all);
  for (const Kind kind : {Kind::ask, Kind::confirm, Kind::call})
    add("decide_" + std::string(to_string(kind)), figures.decide[static_cast<std::size_t>(kind)]);
  add("re_ask", figures.re_ask);
  add("false_call", figures.false_call);
  add("false_call_transactional", figures.false_call_transactional);
  add("call_exact", figures.call_exact);
  out["calls"] = static_cast<std::int64_t>(figures.call_exact.count);
  return out;
}

}  // namespace

json::object to_json(const FillReport& report) {
  json::object out;
  out["dialogues"] = report.dialogues;
  out["all"] = to_json(report.all);
  out["seen"] = to_json(report.seen);
  out["unseen"] = to_json(report.unseen);
  out["single"] = to_json(report.single);
  out["multi"] = to_json(report.multi);
  json::object moves;
  for (const Kind gold : {Kind::ask, Kind::confirm, Kind::call}) {
    json::object row;
    for (const Kind mine : {Kind::other, Kind::ask, Kind::confirm, Kind::call})
      row[to_string(mine)] =
          report.moves[static_cast<std::size_t>(gold)][static_cast<std::size_t>(mine)];
    moves[to_string(gold)] = std::move(row);
  }
  out["moves"] = std::move(moves);
  return out;
}

}  // namespace weft::dialogue
