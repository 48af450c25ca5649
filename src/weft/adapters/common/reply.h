// What every caller side needs: HTTP status and words for an Error, JSON answers, SSE streams.
// Owned by adapters/common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/base/json.h"
#include "weft/model/event.h"
#include "weft/net/http_server.h"

namespace weft::adapters {

/// The HTTP status of an error's reason (protocols table, column HTTP).
int http_status(const Error& error);
/// Adds Retry-After (seconds, rounded up) and, for 401, WWW-Authenticate.
void add_error_headers(wire::Headers& headers, const Error& error);
/// Answers with JSON; losses become the Weft-Loss header.
Result<void> respond_json(net::Exchange& exchange, int status, const json::value& body,
                          wire::Headers headers, const std::vector<model::Loss>& losses = {});
/// Begins an event stream: text/event-stream, no-store, X-Accel-Buffering: no.
Awaitable<Result<void>> start_sse(net::Exchange& exchange, wire::Headers headers);
/// Writes a keep-alive comment whenever `every` passed without a write; stops when dropped.
class SseWriter {
 public:
  SseWriter(net::Exchange& exchange, Milliseconds keep_alive);
  ~SseWriter();
  Awaitable<Result<void>> event(std::string_view name, std::string_view data, std::string_view id);
  Awaitable<Result<void>> raw(std::string_view text);
  Awaitable<Result<void>> finish();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The trace headers of a request as the model has them.
model::Trace trace_of(const wire::Headers& headers);
/// How many hubs the request already went through (the loop guard); 0 where it does not say.
int depth_of(const wire::Headers& headers);
/// A new call id, the principal and the trace: what every decoded call begins with.
model::Call begin_call(hub::Hub& hub, const Request& request);

}  // namespace weft::adapters
