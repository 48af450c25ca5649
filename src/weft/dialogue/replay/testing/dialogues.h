// A small schema and a dialogue in SGD's form for tests, and the same under other names. Owned by
// the test.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/dialogue/replay/sgd.h"

namespace weft::dialogue::testing {

struct Recorded {
  std::vector<Form> forms;
  std::vector<SgdDialogue> dialogues;
};

inline constexpr std::string_view kSchema = R"([
 {"service_name":"Boats_1","description":"Trips by boat",
  "slots":[
   {"name":"harbour","description":"City where the boat starts","is_categorical":false,"possible_values":[]},
   {"name":"sailing_date","description":"Date of the trip","is_categorical":false,"possible_values":[]},
   {"name":"deck","description":"Deck to sit on","is_categorical":true,"possible_values":["Upper","Lower"]},
   {"name":"with_cabin","description":"Whether the boat has a cabin","is_categorical":true,"possible_values":["True","False"]},
   {"name":"boat_name","description":"Name of the boat","is_categorical":false,"possible_values":[]},
   {"name":"price","description":"Price of the trip","is_categorical":false,"possible_values":[]}],
  "intents":[
   {"name":"FindBoat","description":"Find a boat for a trip","is_transactional":false,
    "required_slots":["harbour"],"optional_slots":{"with_cabin":"dontcare"},"result_slots":["boat_name","price","harbour"]},
   {"name":"BookBoat","description":"Book a trip by boat","is_transactional":true,
    "required_slots":["boat_name","harbour","sailing_date"],"optional_slots":{"deck":"Lower"},"result_slots":["boat_name","price"]}]},
 {"service_name":"Tides_1","description":"Tide tables",
  "slots":[{"name":"place","description":"City of the tide","is_categorical":false,"possible_values":[]},
           {"name":"height","description":"Height of the tide","is_categorical":false,"possible_values":[]}],
  "intents":[{"name":"GetTide","description":"Get the tide at a place","is_transactional":false,
    "required_slots":["place"],"optional_slots":{},"result_slots":["height"]}]}])";

inline constexpr std::string_view kDialogues =
    R"([{"dialogue_id":"own_1","services":["Boats_1"],"turns":[
 {"speaker":"USER","utterance":"Please find me a boat in Århus, and I want one with a cabin.","frames":[
  {"service":"Boats_1","slots":[{"slot":"harbour","start":25,"exclusive_end":30}],
   "actions":[{"act":"INFORM_INTENT","slot":"intent","values":["FindBoat"],"canonical_values":["FindBoat"]},
              {"act":"INFORM","slot":"harbour","values":["Århus"],"canonical_values":["Århus"]},
              {"act":"INFORM","slot":"with_cabin","values":["True"],"canonical_values":["True"]}],
   "state":{"active_intent":"FindBoat","requested_slots":[],"slot_values":{"harbour":["Århus"],"with_cabin":["True"]}}}]},
 {"speaker":"SYSTEM","utterance":"There is the Gulnara.","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"OFFER","slot":"boat_name","values":["Gulnara"],"canonical_values":["Gulnara"]}],
   "service_call":{"method":"FindBoat","parameters":{"harbour":"Århus","with_cabin":"True"}},
   "service_results":[{"boat_name":"Gulnara","price":"40","harbour":"Århus"}]}]},
 {"speaker":"USER","utterance":"What is the price of the trip?","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"REQUEST","slot":"price","values":[],"canonical_values":[]}],
   "state":{"active_intent":"FindBoat","requested_slots":["price"],"slot_values":{"harbour":["Århus"],"with_cabin":["True"]}}}]},
 {"speaker":"SYSTEM","utterance":"It is 40.","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"INFORM","slot":"price","values":["40"],"canonical_values":["40"]}]}]},
 {"speaker":"USER","utterance":"That sounds good, I would like to book a trip on it.","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"SELECT","slot":"","values":[],"canonical_values":[]},
     {"act":"INFORM_INTENT","slot":"intent","values":["BookBoat"],"canonical_values":["BookBoat"]}],
   "state":{"active_intent":"BookBoat","requested_slots":[],"slot_values":{"harbour":["Århus"],"with_cabin":["True"],"boat_name":["Gulnara"]}}}]},
 {"speaker":"SYSTEM","utterance":"For which day?","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"REQUEST","slot":"sailing_date","values":[],"canonical_values":[]}]}]},
 {"speaker":"USER","utterance":"For May 3rd.","frames":[
  {"service":"Boats_1","slots":[{"slot":"sailing_date","start":4,"exclusive_end":11}],
   "actions":[{"act":"INFORM","slot":"sailing_date","values":["May 3rd"],"canonical_values":["2026-05-03"]}],
   "state":{"active_intent":"BookBoat","requested_slots":[],"slot_values":{"harbour":["Århus"],"with_cabin":["True"],"boat_name":["Gulnara"],"sailing_date":["May 3rd"]}}}]},
 {"speaker":"SYSTEM","utterance":"The Gulnara from Århus on May 3rd, on the lower deck?","frames":[
  {"service":"Boats_1","slots":[],"actions":[
    {"act":"CONFIRM","slot":"boat_name","values":["Gulnara"],"canonical_values":["Gulnara"]},
    {"act":"CONFIRM","slot":"harbour","values":["Århus"],"canonical_values":["Århus"]},
    {"act":"CONFIRM","slot":"sailing_date","values":["May 3rd"],"canonical_values":["2026-05-03"]},
    {"act":"CONFIRM","slot":"deck","values":["Lower"],"canonical_values":["Lower"]}]}]},
 {"speaker":"USER","utterance":"No, on the upper deck please.","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"NEGATE","slot":"","values":[],"canonical_values":[]},
     {"act":"INFORM","slot":"deck","values":["Upper"],"canonical_values":["Upper"]}],
   "state":{"active_intent":"BookBoat","requested_slots":[],"slot_values":{"harbour":["Århus"],"with_cabin":["True"],"boat_name":["Gulnara"],"sailing_date":["May 3rd"],"deck":["Upper"]}}}]},
 {"speaker":"SYSTEM","utterance":"The Gulnara from Århus on May 3rd, on the upper deck?","frames":[
  {"service":"Boats_1","slots":[],"actions":[
    {"act":"CONFIRM","slot":"boat_name","values":["Gulnara"],"canonical_values":["Gulnara"]},
    {"act":"CONFIRM","slot":"harbour","values":["Århus"],"canonical_values":["Århus"]},
    {"act":"CONFIRM","slot":"sailing_date","values":["May 3rd"],"canonical_values":["2026-05-03"]},
    {"act":"CONFIRM","slot":"deck","values":["Upper"],"canonical_values":["Upper"]}]}]},
 {"speaker":"USER","utterance":"Yes, that is right.","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"AFFIRM","slot":"","values":[],"canonical_values":[]}],
   "state":{"active_intent":"BookBoat","requested_slots":[],"slot_values":{"harbour":["Århus"],"with_cabin":["True"],"boat_name":["Gulnara"],"sailing_date":["May 3rd"],"deck":["Upper"]}}}]},
 {"speaker":"SYSTEM","utterance":"It is booked.","frames":[
  {"service":"Boats_1","slots":[],"actions":[{"act":"NOTIFY_SUCCESS","slot":"","values":[],"canonical_values":[]}],
   "service_call":{"method":"BookBoat","parameters":{"boat_name":"Gulnara","harbour":"Århus","sailing_date":"2026-05-03","deck":"Upper"}},
   "service_results":[{"boat_name":"Gulnara","price":"40"}]}]}]}])";

template <class Change>
void change_names(Recorded& recorded, Change service, bool slots) {
  const auto rename = [&](std::string& name, const std::string& of) {
    if (!name.empty() && name != "intent") name = service(of, name);
  };
  for (SgdDialogue& dialogue : recorded.dialogues) {
    for (SgdTurn& turn : dialogue.turns) {
      for (SgdFrame& frame : turn.frames) {
        const std::string of = frame.service;
        if (!slots) {
          frame.service = service(of, of);
          continue;
        }
        for (SgdAct& act : frame.acts) rename(act.slot, of);
        for (SgdSpan& span : frame.spans) rename(span.slot, of);
        if (frame.state) {
          for (auto& [name, values] : frame.state->values) rename(name, of);
          for (std::string& name : frame.state->requested) rename(name, of);
        }
        if (frame.call) {
          for (auto& [name, value] : frame.call->parameters) rename(name, of);
        }
        for (SgdFields& result : frame.results) {
          for (auto& [name, value] : result) rename(name, of);
        }
      }
    }
    if (!slots) {
      for (std::string& name : dialogue.services) name = service(name, name);
    }
  }
}

inline Recorded recorded() {
  Recorded out;
  auto forms = sgd_forms_of(*json::parse(kSchema));
  EXPECT_TRUE(forms);
  auto dialogues = sgd_dialogues_of(*json::parse(kDialogues));
  EXPECT_TRUE(dialogues);
  out.forms = *std::move(forms);
  out.dialogues = *std::move(dialogues);
  return out;
}

inline void rename_services(Recorded& recorded, const std::map<std::string, std::string>& names) {
  change_names(
      recorded, [&](const std::string& of, const std::string&) { return names.at(of); }, false);
  for (Form& form : recorded.forms) form.name = names.at(form.name);
}

/// Each slot's name becomes `prefix` and a number; its description is gone.
inline void rename_slots(Recorded& recorded, const std::string& prefix) {
  const auto forms = recorded.forms;
  change_names(
      recorded,
      [&](const std::string& of, const std::string& name) {
        for (const Form& form : forms) {
          if (form.name != of) continue;
          if (const auto slot = form.slot(name)) return prefix + std::to_string(*slot);
        }
        return name;
      },
      true);
  for (Form& form : recorded.forms) {
    for (std::size_t slot = 0; slot < form.slots.size(); ++slot) {
      form.slots[slot].name = prefix + std::to_string(slot);
      form.slots[slot].description.clear();
    }
  }
}

}  // namespace weft::dialogue::testing
