// The caller side: weft's own REST under /api. Owned by the front door; every handler runs on its
// exchange's loop.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/hub/names.h"

namespace weft::adapters::openapi {

std::vector<Route> make_routes(Environment& environment);
Adapter adapter();

/// Answers with application/problem+json.
void respond_problem(net::Exchange& exchange, Error error);
/// The body as JSON: an empty one counts as `{}`. Errors: another media type, no JSON, too long.
Awaitable<Result<json::value>> read_json(net::Exchange& exchange);
/// Whether the caller would rather have an event stream than JSON (RFC 9110 §12.5.1; of two alike
/// the first counts).
bool wants_events(const wire::RequestHead& head);

/// POST /api/SOLUTION/SKILL.
Awaitable<> serve_call(Environment& environment, Request& request);
/// /api/jobs/ID and /api/jobs/ID/input.
Awaitable<> serve_job(Environment& environment, Request& request);

}  // namespace weft::adapters::openapi
