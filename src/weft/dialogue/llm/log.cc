#include "weft/dialogue/llm/log.h"

#include <algorithm>

#include "weft/dialogue/llm/limits.h"

namespace weft::dialogue {
namespace {

json::array texts(const std::vector<std::string>& items) {
  json::array out;
  for (const std::string& each : items) out.emplace_back(each);
  return out;
}

json::value turn_to_json(const ModelTurn& turn) {
  json::array rounds;
  for (const auto& each : turn.rounds) {
    rounds.push_back(json::object{
        {"request", each.request}, {"model", each.model}, {"response", each.response}});
  }
  return json::object{{"turn", turn.turn},         {"heard", turn.heard},
                      {"why", turn.why},           {"rounds", std::move(rounds)},
                      {"commands", turn.commands}, {"faults", texts(turn.faults)},
                      {"failed", turn.failed}};
}

ModelTurn turn_from_json(const json::object& o) {
  ModelTurn out;
  out.turn = static_cast<int>(json::int_at(o, "turn").value_or(0));
  out.heard = json::string_at(o, "heard");
  out.why = json::string_at(o, "why");
  out.failed = json::string_at(o, "failed");
  if (const auto* rounds = json::array_at(o, "rounds")) {
    for (const json::value& each : *rounds) {
      const auto* round = each.if_object();
      if (round == nullptr) continue;
      const json::value* response = json::find(*round, "response");
      out.rounds.push_back({.request = std::string(json::string_at(*round, "request")),
                            .model = std::string(json::string_at(*round, "model")),
                            .response = response != nullptr ? *response : json::value()});
    }
  }
  if (const auto* commands = json::array_at(o, "commands")) out.commands = *commands;
  if (const auto* faults = json::array_at(o, "faults")) {
    for (const json::value& each : *faults) {
      if (each.is_string()) out.faults.emplace_back(each.get_string());
    }
  }
  return out;
}

}  // namespace

void ModelLog::say(bool by_person, std::string_view text) {
  if (text.empty()) return;
  said.push_back({.by_person = by_person, .text = shortened(text, kModelTurnBytesMax)});
  if (said.size() > kModelTurnsMax)
    said.erase(said.begin(), said.end() - static_cast<std::ptrdiff_t>(kModelTurnsMax));
}

ModelTurn& ModelLog::turn_of(int turn, std::string_view heard) {
  const auto at = std::ranges::find_if(
      model_turns, [&](const ModelTurn& each) { return each.turn == turn && each.heard == heard; });
  if (at != model_turns.end()) return *at;
  if (model_turns.size() >= kModelLogMax) model_turns.erase(model_turns.begin());
  ModelTurn fresh;
  fresh.turn = turn;
  fresh.heard = heard;
  model_turns.push_back(std::move(fresh));
  return model_turns.back();
}

json::object ModelLog::report() const {
  const double share = turns == 0 ? 0 : static_cast<double>(asked) / static_cast<double>(turns);
  return {{"turns", turns},
          {"asked", asked},
          {"followed", followed},
          {"share", share},
          {"tokens", tokens}};
}

json::value to_json(const ModelLog& log) {
  json::object out = log.report();
  json::array said;
  for (const Exchange& each : log.said)
    said.push_back(json::object{{"by_person", each.by_person}, {"text", each.text}});
  out["said"] = std::move(said);
  json::array turns;
  for (const ModelTurn& each : log.model_turns) turns.push_back(turn_to_json(each));
  out["log"] = std::move(turns);
  return out;
}

ModelLog model_log_from_json(const json::value& value) {
  ModelLog out;
  const auto* o = value.if_object();
  if (o == nullptr) return out;
  const auto count = [&](std::string_view name) {
    return std::max<std::int64_t>(json::int_at(*o, name).value_or(0), 0);
  };
  out.turns = count("turns");
  out.asked = count("asked");
  out.followed = count("followed");
  out.tokens = count("tokens");
  if (const auto* said = json::array_at(*o, "said")) {
    for (const json::value& each : *said) {
      if (const auto* exchange = each.if_object())
        out.say(json::bool_at(*exchange, "by_person").value_or(true),
                json::string_at(*exchange, "text"));
    }
  }
  if (const auto* turns = json::array_at(*o, "log")) {
    for (const json::value& each : *turns) {
      if (const auto* turn = each.if_object()) out.model_turns.push_back(turn_from_json(*turn));
    }
  }
  return out;
}

}  // namespace weft::dialogue
