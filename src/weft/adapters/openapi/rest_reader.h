// weft's own REST, read: what another weft answered. The inverse of rest_codec's writing. Owned by
// adapters/openapi; pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "weft/base/json.h"
#include "weft/model/event.h"

namespace weft::adapters::openapi {

/// The answer in the form that its header names. Errors: Reason::upstream_protocol, with the place.
Result<model::Output> read_output(const json::value& body, std::string_view form);
/// The problem's error, when another weft wrote it; nothing otherwise.
std::optional<Error> read_problem(const json::object& problem);
/// The error that a question of another weft's is to a caller that REST cannot carry it to; nothing
/// when the problem is none.
std::optional<Error> read_question(const json::object& problem);
/// What its headers tell beside the answer: what was lost before (kLossHeader) and what the call
/// took (kUsageHeader). What cannot be read is left out.
std::vector<model::Loss> read_losses(std::string_view header);
std::optional<model::Usage> read_usage(std::string_view header);
/// One event of a stream; nothing for a name that is not known. A question is the error that says
/// where it waits: a stream cannot carry its answer.
Result<std::optional<model::Event>> read_event(std::string_view name, const json::object& data);

}  // namespace weft::adapters::openapi
