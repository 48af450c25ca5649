// A task between its row in the journal and what is shown of it. Owned by hub; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/hub/tasks.h"
#include "weft/store/journal.h"

namespace weft::hub {

/// The journal's kind of what a person answered; all other kinds are model events.
inline constexpr std::string_view kAnswerKind = "answer";
/// The step that the call itself is.
inline constexpr std::string_view kCallStep = "call";

/// The row of a task that begins. Errors: the call is nested deeper than can be read again.
Result<store::TaskRecord> new_record(TaskId id, const model::Call& call, store::Effect effect,
                                     json::object meta, std::int64_t now_ms);
/// What says that the call itself is made; `deaths`: how often weft's process died during it
/// before. One that `rests` was left by a weft that stopped in order.
store::Intent call_intent(std::int64_t at_ms, std::int64_t deaths, bool rests = false);
/// How often weft's process died during the call; the end of the life that left the intent counts
/// when the call `ran` then.
std::int64_t deaths_of(const store::Intent& intent, bool ran);
/// The event as the journal takes it.
store::NewEvent new_event(const model::Event& event, std::int64_t at_ms);
/// What the row alone shows; `call` may be null.
TaskView view_of(const store::TaskRecord& record);
/// Takes the End into a view.
void take_end(TaskView& view, const model::End& end);
/// What was asked and what was said to it, as turns of the conversation.
std::vector<model::Turn> said_turns(const std::optional<model::Ask>& ask,
                                    const std::optional<model::Turn>& said);
/// The row's `meta`: the door's own, and the turns of questions and answers.
json::object meta_json(const json::object& door, const std::vector<model::Turn>& said);

std::string_view kind_of(const model::Event& event);
model::TaskState state_of(const model::End& end);
model::TaskState state_of(const model::Ask& ask);
/// Whether JSON of this value can be read again.
bool readable(const json::value& v);
/// Whether JSON of this value is so short that the journal takes it.
bool fits(const json::value& v);
/// The bytes that its strings and numbers hold.
std::size_t weight(const json::value& v);
/// What an event weighs. Errors: it cannot be kept; `what` it is.
Result<std::size_t> weigh(const model::Event& event, std::string_view what);
/// The event of a stored one; nothing when it is none that is shown.
Result<std::optional<TaskEvent>> event_of(const store::StoredEvent& stored);

}  // namespace weft::hub
