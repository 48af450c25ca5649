// The answer to one POST: plain JSON while nothing but the response is said, an SSE stream as soon
// as anything else is, or when the response takes longer than kPlainAnswerMs. Owned by the
// coroutine that serves the exchange; one loop.
#pragma once

#include <memory>
#include <string>

#include "weft/adapters/common/reply.h"
#include "weft/adapters/mcp/replay.h"
#include "weft/net/http_server.h"

namespace weft::adapters::mcp {

class PostReply {
 public:
  struct Options {
    wire::Headers headers;
    /// The client takes text/event-stream; otherwise messages before the response are left out.
    bool may_stream = true;
    /// Begins each stream with an event that has an id and no data, so that even a stream cut at
    /// once can be resumed.
    bool primed = false;
  };
  /// `replay` may be null: then events have no ids.
  PostReply(net::Exchange& exchange, Options options, std::shared_ptr<Replay> replay);
  ~PostReply();
  PostReply(const PostReply&) = delete;

  /// A notification or request before the response. A client that is gone misses nothing of what
  /// the replay keeps.
  Awaitable<> message(std::string text);
  /// The response; `status` counts only while no stream was begun.
  Awaitable<> respond(int status, std::string text);
  /// Ends the answer without a response (the request was cancelled).
  Awaitable<> abandon();
  /// Whether a client could come back to this stream.
  bool resumable() const;
  Executor executor() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace weft::adapters::mcp
