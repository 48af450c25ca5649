// What every solution side needs: credentials with ${NAME} resolved, sending JSON, mapping what
// went wrong. Owned by adapters/common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/base/clock.h"
#include "weft/base/json.h"
#include "weft/hub/registry.h"
#include "weft/net/http_client.h"

namespace weft::adapters {

/// The headers that a solution gets with every request: its configured ones and `Authorization:
/// Bearer`. ${NAME} is taken from the environment; a missing one is an error that names it. Caller
/// credentials are never among them.
Result<wire::Headers> solution_headers(const hub::JoinRequest& request);
/// A request to the solution: origin (egress open, the operator named it), headers, deadline.
Result<net::ClientRequest> solution_request(const hub::JoinRequest& request,
                                            std::string_view method, const Url& url,
                                            const hub::CallContext& context);
/// How long a stream may say nothing: until its call's deadline. That its host is gone without a
/// word is found by the connection itself (net).
Milliseconds silence_until(SteadyTime deadline);
/// The error that a non-2xx status means, with a piece of the body (cut, printable) in the message.
Error error_of_status(int status, const wire::Headers& headers, std::string_view body);
/// Retry-After (RFC 9110, 10.2.3): seconds, or a date, which counts from the answer's own `Date`;
/// nothing when it is neither.
std::optional<Milliseconds> retry_after_of(const wire::Headers& headers);
/// What the protocol's own error told, with what only the HTTP answer tells: its status and, unless
/// the error named a wait itself, its Retry-After.
Error with_status(Error told, int status, const wire::Headers& headers);
/// Adds `solution "ID": ` to the message and sets Error::solution, unless it is there already.
Error name_solution(Error error, std::string_view solution);

}  // namespace weft::adapters
