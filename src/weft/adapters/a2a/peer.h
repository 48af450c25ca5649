// Speaking to one agent: requests out, tasks and messages and streams of them back, over JSON-RPC
// or HTTP+JSON, 1.0 or 0.3. Owned by one call; one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/adapters/a2a/card.h"
#include "weft/adapters/a2a/codec.h"
#include "weft/adapters/common/adapter.h"
#include "weft/wire/sse.h"

namespace weft::adapters::a2a {

/// Where and how an agent is reached. Immutable.
struct Agent {
  Card card;
  Door door;
  Url url;
  /// The card sends to another host than the one that was named: only public addresses, and no
  /// credentials.
  bool elsewhere = false;
};

/// What the agent answers: the items of a stream, or the one item of a plain answer.
class Answer {
 public:
  Answer(Codec codec, bool rest, std::unique_ptr<net::ClientResponse> response, bool streamed);
  /// Nothing at the end. Errors: the connection broke, or what came is no A2A.
  Awaitable<Result<std::optional<StreamItem>>> next();
  bool streamed() const { return streamed_; }
  /// The extensions that the agent activated for it.
  const std::vector<std::string>& activated() const { return activated_; }

 private:
  Awaitable<Result<std::optional<StreamItem>>> whole();
  Result<StreamItem> read(std::string_view text) const;

  Codec codec_;
  bool rest_;
  /// Let go once all is read: no connection waits while a person is asked.
  std::unique_ptr<net::ClientResponse> response_;
  bool streamed_;
  std::vector<std::string> activated_;
  wire::SseReader reader_;
  Result<void> fed_;  ///< whether it broke the format
};

class Peer {
 public:
  Peer(net::HttpClient& client, std::shared_ptr<const Agent> agent,
       std::shared_ptr<const hub::JoinRequest> join, const model::Call& call);

  Awaitable<Result<std::unique_ptr<Answer>>> send(SendRequest message, bool stream,
                                                  hub::CallContext context);
  Awaitable<Result<std::unique_ptr<Answer>>> subscribe(std::string task, hub::CallContext context);
  Awaitable<Result<Task>> get(std::string task, hub::CallContext context);
  Awaitable<Result<void>> cancel(std::string task, hub::CallContext context);
  const Agent& agent() const { return *agent_; }

 private:
  /// One operation as both bindings say it.
  struct Operation {
    std::string_view method_v10;
    std::string_view method_v03;
    std::string verb;
    /// Below the interface's URL (and below `/v1` in 0.3).
    std::string path;
    json::object params;
    bool stream = false;
    /// The extensions to activate.
    std::vector<std::string> extensions = {};
  };
  Awaitable<Result<std::unique_ptr<net::ClientResponse>>> request(Operation operation,
                                                                  hub::CallContext context);
  Result<net::ClientRequest> write(Operation operation, const hub::CallContext& context) const;
  Awaitable<Result<json::value>> unary(Operation operation, hub::CallContext context);
  Awaitable<Result<std::unique_ptr<Answer>>> subscribe_by(std::string verb, std::string task,
                                                          hub::CallContext context);
  json::object by_id(const std::string& task) const;

  net::HttpClient& client_;
  std::shared_ptr<const Agent> agent_;
  std::shared_ptr<const hub::JoinRequest> join_;
  Codec codec_;
  /// The caller's trace, and how many hubs the call went through.
  model::Trace trace_;
  int depth_;
};

/// An error of decoding as the agent's fault.
Error not_a2a(const Error& error);

}  // namespace weft::adapters::a2a
