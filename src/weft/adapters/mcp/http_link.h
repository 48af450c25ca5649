// Streamable HTTP to a server, both eras: one session for all callers (legacy) or none (modern).
// Owned by the Client; any loop.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weft/adapters/mcp/attempts.h"
#include "weft/adapters/mcp/link.h"
#include "weft/hub/registry.h"
#include "weft/net/clients.h"
#include "weft/wire/sse.h"

namespace weft::adapters::mcp {

class HttpLink final : public Link, public std::enable_shared_from_this<HttpLink> {
 public:
  HttpLink(net::HttpClients& clients, hub::JoinRequest request, Url url);
  // Link
  Awaitable<Result<Handshake>> connect(hub::CallContext context) override;
  Handshake handshake() const override;
  Awaitable<Result<std::unique_ptr<Conversation>>> send(LinkRequest request,
                                                        hub::CallContext context) override;
  Awaitable<> close(hub::CallContext context) override;

  /// Whether somebody speaks MCP here: connect() without what only a client that stays has to do.
  Awaitable<Result<Handshake>> probe(hub::CallContext context);
  /// Whether the last probe was refused the way only legacy MCP servers refuse.
  bool refused_as_mcp() const { return refused_as_mcp_; }

  /// The stream on which the server tells changes: GET, or subscriptions/listen.
  /// Reason::unsupported when it offers none.
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> listen(hub::CallContext context);

  const Url& url() const { return url_; }
  const hub::JoinRequest& request() const { return request_; }
  net::HttpClients& clients() const { return clients_; }

  /// What a message is sent with. Used by the conversation.
  struct Sending {
    std::string session;
    std::string version;
    Era era = Era::legacy;
    /// Which handshake settled this.
    std::uint64_t handshake = 0;
  };
  Sending sending() const;
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> post(Sending sending,
                                                               const LinkRequest* request,
                                                               std::string body,
                                                               hub::CallContext context,
                                                               bool long_lived) const;
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> resume(Sending sending,
                                                                 std::string last_event_id,
                                                                 hub::CallContext context) const;
  /// Tells a legacy server that an answer is not wanted any more; a modern one sees the connection
  /// go.
  Awaitable<> cancel(Sending sending, json::value id, std::string why, Executor executor) const;

 private:
  /// A session that has begun: its handshake, and what is sent in it.
  struct Begun {
    Handshake shake;
    Sending sending;
  };
  /// What a request ended in that got no answer of its own.
  struct Refusal {
    Error error;
    /// The server does not know (any more) what weft settled with it, and ran nothing.
    bool stale = false;
  };
  Awaitable<Result<Handshake>> discover(hub::CallContext context, bool& modern_alone);
  Awaitable<Result<Handshake>> initialize(hub::CallContext context);
  Awaitable<Result<Begun>> begin_session(hub::CallContext context);
  Awaitable<Result<Handshake>> find_era(hub::CallContext context, bool staying);
  /// Shakes hands anew unless that was done since `used`: one at a time, whoever calls.
  Awaitable<Result<void>> renew(Sending used, hub::CallContext context);
  Awaitable<Refusal> refusal(std::unique_ptr<net::ClientResponse> response, Sending sending) const;
  Awaitable<std::expected<std::unique_ptr<Conversation>, Refusal>> send_once(
      LinkRequest& request, Sending sending, hub::CallContext context);
  void settle(const Handshake& shake, std::string session);
  json::value next_id() { return json::value(next_id_.fetch_add(1)); }

  net::HttpClients& clients_;
  const hub::JoinRequest request_;
  const Url url_;
  std::atomic<std::int64_t> next_id_{1};
  std::atomic<bool> refused_as_mcp_{false};
  /// The handshake whose session the server did not know when it was asked for its stream.
  std::atomic<std::uint64_t> streamless_{0};
  Attempts attempts_;
  mutable std::mutex mutex_;
  Handshake shake_;
  std::string session_;
  std::uint64_t handshakes_ = 0;
};

}  // namespace weft::adapters::mcp
