// The admin API's handlers: what the CLI and the console use. Owned by adapters/admin; any loop.
//
// Over the Unix socket of the data directory by default; over TCP only with an admin key. JSON in
// and out; errors are
// {"error":{"message","reason","param"?}}.
#pragma once

#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/common/reply.h"

namespace weft::adapters::admin {

inline constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kContextsListed = 500;
inline constexpr std::size_t kSentencesMax = 10'000;
inline constexpr std::size_t kAuditListed = 1'000;

Awaitable<> handle_solutions(Environment& environment, Request& request);
Awaitable<> handle_tasks(Environment& environment, Request& request);
Awaitable<> handle_keys(Environment& environment, Request& request);
/// Conversations that are kept: list, show, erase.
Awaitable<> handle_contexts(Environment& environment, Request& request);
/// Sentences that were taught, and a test of how well they are understood.
Awaitable<> handle_sentences(Environment& environment, Request& request);
/// Questions for approval that wait: list, answer one.
Awaitable<> handle_approvals(Environment& environment, Request& request);
/// Who allowed what.
Awaitable<> handle_audit(Environment& environment, Request& request);
Awaitable<> handle_call(Environment& environment, Request& request);
/// Training jobs, with how far they are.
Awaitable<> handle_jobs(Environment& environment, Request& request);
Awaitable<> handle_info(Environment& environment, Request& request);
Awaitable<> handle_reload(Environment& environment, Request& request);
Awaitable<> handle_document(Environment& environment, Request& request);
/// Prometheus text.
Awaitable<> handle_metrics(Environment& environment, Request& request);

/// The answer {"error":…} with the status of the reason.
void answer_error(net::Exchange& exchange, Error error);
void answer(net::Exchange& exchange, int status, json::value body);
/// The body as an object.
Awaitable<Result<json::object>> read_object(net::Exchange& exchange);
/// Reason::unsupported naming the method and what the path takes.
Error wrong_method(const Request& request, std::string_view allowed);

/// The admin API's own OpenAPI 3.1 document.
json::object openapi_document(std::string_view version);

}  // namespace weft::adapters::admin
