// What a person is shown before a call is made, and whether one is asked at all. Owned by hub;
// pure.
#pragma once

#include "weft/hub/registry.h"
#include "weft/model/call.h"
#include "weft/model/event.h"

namespace weft::hub {

/// Whether the hub asks before this skill is called (`hub` and `both`). While a guard is misspelt,
/// or its skill was renamed, any skill without an approval of its own may be the one it was for.
bool asks_first(const JoinRequest& request, const model::Solution& solution,
                const model::Skill& skill);
/// Whether it asks before any skill of this solution, or adds keys to its calls: these must then
/// all go through Hub::call.
bool asks_any(const JoinRequest& request);
/// The names of `approval` that are no skill of this solution (`*` is all of them): they guard
/// nothing.
std::vector<std::string> unknown_approvals(const JoinRequest& request,
                                           const model::Solution& solution);
/// The question, rendered from the very values that will be sent; marks that hide or turn text are
/// shown as escapes.
model::Ask approval_ask(const model::Solution& solution, const model::Skill& skill,
                        const model::Call& call);
/// Adds a sentence to the question, and to `raw.notes` for whoever puts it into words of its own.
void add_note(model::Ask::Item& item, std::string note);
/// Characters that are not seen, or change how others are, as `\u....`.
std::string visible(std::string_view text);

}  // namespace weft::hub
