// How tasks and answers look in the admin API. Owned by adapters/admin; pure.
#pragma once

#include <string_view>

#include "weft/hub/tasks.h"

namespace weft::adapters::admin {

json::object describe(const hub::TaskView& view);
/// `state`, `delta`, `artifact`, `ask`, `usage`, `log`, `accepted`, `end`.
std::string_view kind_of(const model::Event& event);
/// {"action":"accept|decline|cancel", "data":…, "text":"…"} for the only open question, or
/// {"answers":{KEY:{…}}}.
Result<model::Answers> read_answers(const json::object& body, const model::Ask& ask);

}  // namespace weft::adapters::admin
