// The answer of a server to one POST: a JSON message, or an SSE stream that is taken up again where
// it broke. Owned by who sent the request; one loop.
#pragma once

#include <memory>
#include <string>

#include "weft/adapters/mcp/http_link.h"
#include "weft/adapters/mcp/link.h"
#include "weft/net/http_client.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

class HttpConversation final : public Conversation {
 public:
  HttpConversation(std::shared_ptr<const HttpLink> link, HttpLink::Sending sending, json::value id,
                   std::unique_ptr<net::ClientResponse> response, hub::CallContext context);
  /// Reads alone: no reply, no resumption.
  static std::unique_ptr<HttpConversation> reading(std::unique_ptr<net::ClientResponse> response);
  // Conversation
  Awaitable<Result<wire::JsonRpcMessage>> next() override;
  Awaitable<Result<void>> reply(wire::JsonRpcResponse response, hub::CallContext context) override;
  Awaitable<> abandon(std::string why) override;

 private:
  explicit HttpConversation(std::unique_ptr<net::ClientResponse> response);
  Awaitable<Result<wire::JsonRpcMessage>> next_event();
  Awaitable<Result<void>> reconnect(Error why);
  bool streams() const;

  std::shared_ptr<const HttpLink> link_;
  HttpLink::Sending sending_;
  json::value id_;
  std::unique_ptr<net::ClientResponse> response_;
  std::optional<hub::CallContext> context_;
  wire::SseReader sse_;
  Result<void> fed_;  ///< whether it broke the format
  std::string last_event_id_;
  std::int64_t retry_ms_;
  int reconnects_ = 0;
};

}  // namespace weft::adapters::mcp
