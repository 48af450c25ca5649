// Whether an answer fits its question. Owned by hub; pure.
#pragma once

#include <string_view>

#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::hub {

/// Takes what fits from `given` into `answers`; nothing when one of them does not: errors point at
/// `/KEY…`. Words that answer a form
/// (`yes` to its only field, a boolean; a JSON object; text for its only text field) become its
/// data.
Result<void> take_answers(const model::Ask& ask, model::Answers given, model::Answers& answers);
/// Whether every question has its answer.
bool all_answered(const model::Ask& ask, const model::Answers& answers);

}  // namespace weft::hub
