// One request passed through between a client and a server of the same era: the bytes go through as
// they are, only session, credentials and hop headers change. Owned by the coroutine that serves
// the exchange; one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/adapters/mcp/http_link.h"
#include "weft/base/timers.h"
#include "weft/net/http_server.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

/// Gives on whole SSE events alone, so that a stream cut in the middle of one never ends in
/// rubbish, and knows how the stream stands.
class EventGate {
 public:
  EventGate();
  /// The bytes that may go on now. Errors: an event past the limit, or bytes that are not UTF-8.
  Result<std::string> pass(std::string_view bytes);
  /// Whether the last whole event was a JSON-RPC response.
  bool answered() const;
  /// Whether the server asked the client something that it has not answered on this stream.
  bool asks() const { return asks_; }
  /// Whether any event had an id: the client can come back for the rest.
  bool resumable() const { return resumable_; }

 private:
  wire::SseReader reader_;
  std::string held_;
  std::string last_data_;
  bool asks_ = false;
  bool resumable_ = false;
};

/// The request's headers that go on to the server.
void add_passed_headers(wire::Headers& out, const wire::Headers& in);
/// The answer's headers that go back to the client, without the session's.
wire::Headers returned_headers(const wire::Headers& upstream);

}  // namespace weft::adapters::mcp
