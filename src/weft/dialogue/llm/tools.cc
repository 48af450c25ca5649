#include "weft/dialogue/llm/commands.h"

namespace weft::dialogue {
namespace {

json::value text(std::string_view description) {
  return json::object{{"type", "string"}, {"description", description}};
}

json::value one_of(json::array words, std::string_view description) {
  return json::object{{"type", "string"}, {"enum", std::move(words)}, {"description", description}};
}

/// Strict: every property is required, and there is no other.
json::object object_of(json::object properties) {
  json::array required;
  for (const auto& [name, schema] : properties) required.emplace_back(name);
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

json::object value_properties() {
  return {{"slot", text("a parameter of the skill, by its name")},
          {"value", json::object{{"type", json::array{"string", "number", "boolean"}},
                                 {"description", "in the type that the parameter has"}}},
          {"evidence", text("the person's own words that give the value, word for word; or the id "
                            "of a value on the board, such as @b3")}};
}

model::ToolDecl tool(std::string_view name, std::string_view description, json::object properties) {
  model::ToolDecl out;
  out.name = name;
  out.description = description;
  out.input_schema = object_of(std::move(properties));
  out.strict = true;
  return out;
}

json::object with_task(json::array tasks, json::object properties) {
  json::object out{{"task", one_of(std::move(tasks), "an open task")}};
  for (auto& [name, schema] : properties) out[name] = std::move(schema);
  return out;
}

void add_task_tools(const Scene& scene, std::vector<model::ToolDecl>& out) {
  json::array tasks;
  for (std::size_t i = 0; i < scene.conversation->wishes.size(); ++i) {
    if (scene.conversation->wishes[i].state == WishState::open) tasks.emplace_back(task_id(i));
  }
  if (tasks.empty()) return;
  out.push_back(tool("set", "Gives a parameter of an open task a value that the person said.",
                     with_task(tasks, value_properties())));
  out.push_back(tool("correct",
                     "Replaces a value of an open task by another that the person said just now.",
                     with_task(tasks, value_properties())));
  out.push_back(tool("cancel", "The person does not want an open task any more.",
                     with_task(std::move(tasks), {})));
}

void add_skill_tools(const Scene& scene, std::vector<model::ToolDecl>& out) {
  json::array skills;
  for (const KnownSkill* each : scene.skills) skills.emplace_back(each->name());
  if (skills.empty()) return;
  json::object args{{"type", "array"}, {"items", object_of(value_properties())}};
  args["description"] = "the values that were said; leave out what was not";
  out.push_back(tool("start", "The person asks for a skill. Once for each thing that they want.",
                     {{"skill", one_of(skills, "a skill of the list")},
                      {"evidence", text("all of what the person just said that asks for this, word "
                                        "for word")},
                      {"args", std::move(args)}}));
  json::object several{{"type", "array"},
                       {"items", json::object{{"type", "string"}, {"enum", std::move(skills)}}}};
  several["description"] = "two or three of the list";
  out.push_back(tool("clarify", "It is not clear which of some skills the person means.",
                     {{"skills", std::move(several)}}));
}

}  // namespace

std::vector<model::ToolDecl> command_tools(const Scene& scene) {
  std::vector<model::ToolDecl> out;
  add_skill_tools(scene, out);
  add_task_tools(scene, out);
  if (scene.offers()) {
    out.push_back(tool("choose", "The person takes one of what was offered.",
                       {{"offer", one_of({kOffer}, "the offer")},
                        {"index", json::object{{"type", "integer"},
                                               {"description", "which of it, counted from 1"}}}}));
  }
  if (scene.conversation->pending.kind != Pending::Kind::none) {
    out.push_back(tool("affirm", "The person says yes to the question that waits.", {}));
    out.push_back(tool("deny", "The person says no to the question that waits.", {}));
  }
  out.push_back(tool("ask",
                     "A required parameter has to be asked for: it was not said, or not "
                     "clearly.",
                     {{"slot", text("the parameter's name")}}));
  out.push_back(tool("human", "The person wants to talk to a human.", {}));
  out.push_back(tool("none", "No skill of the list does what the person wants.",
                     {{"reason", text("a few words, for the log alone")}}));
  return out;
}

}  // namespace weft::dialogue
