#include "weft/hub/task_record.h"

#include <array>
#include <format>

#include "weft/base/limits.h"
#include "weft/hub/limits.h"
#include "weft/model/codec.h"
#include "weft/store/limits.h"

namespace weft::hub {
namespace {

/// A byte becomes at most `\u00XX`.
constexpr std::size_t kEscapeChars = 6;
/// A number, the marks around a member.
constexpr std::size_t kScalarBytes = 24;
constexpr std::size_t kMarkBytes = 4;

bool shallow(const json::value& v, std::size_t left) {
  if (left == 0) return false;
  if (const auto* o = v.if_object()) {
    for (const auto& item : *o) {
      if (!shallow(item.value(), left - 1)) return false;
    }
  }
  if (const auto* a = v.if_array()) {
    for (const auto& item : *a) {
      if (!shallow(item, left - 1)) return false;
    }
  }
  return true;
}

void add_turns(std::vector<model::Turn>& out, const json::array* turns) {
  if (!turns) return;
  for (const auto& item : *turns) {
    if (auto turn = model::turn_from_json(item)) out.push_back(*std::move(turn));
  }
}

}  // namespace

bool readable(const json::value& v) { return shallow(v, kJsonDepthMax - 2); }

std::size_t weight(const json::value& v) {
  std::size_t sum = kMarkBytes;
  if (const auto* o = v.if_object()) {
    for (const auto& [key, item] : *o) sum += kMarkBytes + key.size() + weight(item);
  } else if (const auto* a = v.if_array()) {
    for (const auto& item : *a) sum += weight(item);
  } else {
    const auto* s = v.if_string();
    sum += s ? s->size() : kScalarBytes;
  }
  return sum;
}

bool fits(const json::value& v) {
  // Written out to be measured only when it may be too long.
  return kEscapeChars * weight(v) <= store::kPayloadBytesMax ||
         json::write(v).size() <= store::kPayloadBytesMax;
}

Result<std::size_t> weigh(const model::Event& event, std::string_view what) {
  if (const auto* delta = std::get_if<model::Delta>(&event.body)) {
    const auto bytes = delta->text.size() + delta->tool_id.size() + delta->tool_name.size();
    if (bytes <= kTaskPieceBytesMax) return bytes;
  }
  const json::value v = model::to_json(event);
  if (!readable(v)) {
    return fail(Reason::upstream_protocol, std::format("{} is nested too deep to be kept", what));
  }
  if (fits(v)) return weight(v);
  return fail(Reason::too_large,
              std::format("{} is too long to be kept: as JSON it may have {} bytes", what,
                          store::kPayloadBytesMax));
}

std::string_view kind_of(const model::Event& event) {
  constexpr std::array<std::string_view, 8> kKinds{"accepted", "state", "delta", "artifact",
                                                   "ask",      "usage", "log",   "end"};
  return kKinds.at(event.body.index());
}

model::TaskState state_of(const model::End& end) {
  if (end.outcome) return model::TaskState::completed;
  switch (end.outcome.error().reason) {
    case Reason::cancelled: return model::TaskState::canceled;
    case Reason::refused: return model::TaskState::rejected;
    default: return model::TaskState::failed;
  }
}

model::TaskState state_of(const model::Ask& ask) {
  const bool login = std::ranges::any_of(
      ask.items, [](const auto& item) { return item.second.kind == model::Ask::Kind::login; });
  return login ? model::TaskState::auth : model::TaskState::ask;
}

json::object meta_json(const json::object& door, const std::vector<model::Turn>& said) {
  json::object o;
  if (!door.empty()) o["door"] = door;
  if (said.empty()) return o;
  json::array turns;
  for (const auto& turn : said) turns.push_back(model::to_json(turn));
  o["said"] = std::move(turns);
  return o;
}

Result<store::TaskRecord> new_record(TaskId id, const model::Call& call, store::Effect effect,
                                     json::object meta, std::int64_t now_ms) {
  store::TaskRecord record;
  record.id = std::move(id);
  record.context = call.context;
  record.owner = call.principal.name;
  record.solution = call.solution;
  record.skill = call.skill;
  record.effect = effect;
  record.created_ms = record.updated_ms = now_ms;
  record.call = model::to_json(call);
  record.meta = meta_json(meta, {});
  if (!readable(record.call) || !readable(record.meta)) {
    return fail(Reason::invalid_argument,
                std::format("the call is nested too deep to be kept: at most {} levels",
                            kJsonDepthMax - 2));
  }
  return record;
}

store::Intent call_intent(std::int64_t at_ms, std::int64_t deaths, bool rests) {
  store::Intent intent;
  intent.step = std::string(kCallStep);
  intent.at_ms = at_ms;
  if (deaths > 0 || rests) intent.payload = json::object{{"deaths", deaths}, {"rests", rests}};
  return intent;
}

std::int64_t deaths_of(const store::Intent& intent, bool ran) {
  const json::object none;
  const auto* said = intent.payload.if_object();
  const json::object& payload = said ? *said : none;
  const bool died = ran && !json::bool_at(payload, "rests").value_or(false);
  return json::int_at(payload, "deaths").value_or(0) + (died ? 1 : 0);
}

store::NewEvent new_event(const model::Event& event, std::int64_t at_ms) {
  return {std::string(kind_of(event)), model::to_json(event), at_ms};
}

TaskView view_of(const store::TaskRecord& record) {
  TaskView view;
  view.id = record.id;
  view.context = record.context;
  view.owner = record.owner;
  view.solution = record.solution;
  view.skill = record.skill;
  view.state = record.state;
  view.created_ms = record.created_ms;
  view.updated_ms = record.updated_ms;
  view.head = record.head;
  if (auto ask = model::ask_from_json(record.asks); ask && !ask->items.empty())
    view.ask = *std::move(ask);
  if (record.call.is_object())
    add_turns(view.history, json::array_at(record.call.get_object(), "turns"));
  if (!record.meta.is_object()) return view;
  add_turns(view.history, json::array_at(record.meta.get_object(), "said"));
  if (const auto* door = json::object_at(record.meta.get_object(), "door")) view.meta = *door;
  return view;
}

void take_end(TaskView& view, const model::End& end) {
  view.state = state_of(end);
  view.ask.reset();
  view.end = end;
  if (!end.outcome) return;
  if (!end.outcome->artifacts.empty()) view.artifacts = end.outcome->artifacts;
  view.history.insert(view.history.end(), end.outcome->turns.begin(), end.outcome->turns.end());
}

std::vector<model::Turn> said_turns(const std::optional<model::Ask>& ask,
                                    const std::optional<model::Turn>& said) {
  std::vector<model::Turn> turns;
  if (ask) {
    model::Turn asked;
    asked.role = model::Role::assistant;
    for (const auto& [key, item] : ask->items)
      asked.parts.push_back(model::Part::text(item.message));
    turns.push_back(std::move(asked));
  }
  if (said && !said->parts.empty()) turns.push_back(*said);
  return turns;
}

Result<std::optional<TaskEvent>> event_of(const store::StoredEvent& stored) {
  if (stored.kind == kAnswerKind) return std::nullopt;
  WEFT_TRY(auto event, model::event_from_json(stored.payload));
  return TaskEvent{stored.seq, stored.at_ms, std::move(event)};
}

}  // namespace weft::hub
