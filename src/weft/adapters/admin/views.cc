#include "weft/adapters/admin/views.h"

#include <format>

#include "weft/model/codec.h"

namespace weft::adapters::admin {

json::object describe(const hub::TaskView& view) {
  json::object out;
  out["id"] = view.id.str();
  out["context"] = view.context.str();
  out["owner"] = view.owner;
  out["solution"] = view.solution.str();
  out["skill"] = view.skill.str();
  out["state"] = model::to_string(view.state);
  out["created"] = to_rfc3339(view.created_ms);
  out["updated"] = to_rfc3339(view.updated_ms);
  out["events"] = view.head;
  if (!view.note.empty()) out["note"] = model::joined_text(view.note, true);
  if (view.ask) out["ask"] = model::to_json(*view.ask);
  if (view.end) out["end"] = model::to_json(model::Event{*view.end});
  return out;
}

namespace {

/// A bare `accept` approves nothing: what a person allows is said in so many words.
Result<void> check_approval(const std::string& key, const model::Ask::Item& item,
                            const model::Answer& answer) {
  if (item.kind != model::Ask::Kind::approve || answer.action != model::AnswerAction::accept)
    return {};
  const auto* data = answer.data ? answer.data->if_object() : nullptr;
  const bool said = !answer.data || answer.data->is_null()
                        ? !answer.text.empty()
                        : data != nullptr && json::bool_at(*data, "approve").has_value();
  if (said) return {};
  return fail(make_argument_error(
      "/" + json::escape_pointer(key),
      "an approval is given by {\"text\":\"yes\"} or {\"data\":{\"approve\":true}}, and refused by "
      "{\"action\":\"decline\"}"));
}

}  // namespace

std::string_view kind_of(const model::Event& event) {
  struct Visitor {
    std::string_view operator()(const model::Accepted&) const { return "accepted"; }
    std::string_view operator()(const model::State&) const { return "state"; }
    std::string_view operator()(const model::Delta&) const { return "delta"; }
    std::string_view operator()(const model::Artifact&) const { return "artifact"; }
    std::string_view operator()(const model::Ask&) const { return "ask"; }
    std::string_view operator()(const model::Usage&) const { return "usage"; }
    std::string_view operator()(const model::Log&) const { return "log"; }
    std::string_view operator()(const model::End&) const { return "end"; }
  };
  return std::visit(Visitor{}, event.body);
}

Result<model::Answers> read_answers(const json::object& body, const model::Ask& ask) {
  model::Answers out;
  const auto* many = json::object_at(body, "answers");
  if (many == nullptr) {
    if (ask.items.size() != 1) {
      return fail(make_argument_error(
          "/answers", std::format("{} questions are open; answer them as {{\"answers\":{{KEY:…}}}}",
                                  ask.items.size())));
    }
    const auto& [key, item] = *ask.items.begin();
    WEFT_TRY(out[key], model::answer_from_json(body));
    WEFT_CHECK(check_approval(key, item, out[key]));
    return out;
  }
  for (const auto& [key, value] : *many) {
    WEFT_TRY(out[key], model::answer_from_json(value));
    const auto asked = ask.items.find(key);
    if (asked != ask.items.end()) {
      WEFT_CHECK(check_approval(key, asked->second, out[key]));
    }
  }
  return out;
}

}  // namespace weft::adapters::admin
