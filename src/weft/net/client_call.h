// One request on its way: takes a connection, sends, reads the head, and then is the response whose
// body is read. Owned by who called; one loop.
#pragma once

#include "weft/net/client_pool.h"
#include "weft/net/dial.h"

namespace weft::net {

class ClientCall final : public ClientResponse, private Stream::Listener, private Deadlines::Node {
 public:
  ClientCall(std::shared_ptr<ClientCore> core, const Origin& origin, CancelToken cancel,
             SteadyTime deadline, Milliseconds idle_timeout);
  ~ClientCall() override;

  /// How far launch() came.
  enum class Launch : std::uint8_t { not_yet, partly, sent };
  /// Takes an idle connection and sends what it takes; `not_yet` when there is none or the call was
  /// stopped. Then, without a coroutine of its own: until settled(), wait for `wake`.
  Launch launch(const ClientRequest& request);
  /// Whether the head is whole or the call failed, reading what is there.
  bool settled();
  /// Of a settled call.
  Result<void> outcome() const;
  Wake& wake() { return wake_; }
  /// Sends what launch() left and waits for the head.
  Awaitable<Result<void>> go_on();
  /// Takes a connection (an idle one unless `fresh`), sends, and waits for the head.
  Awaitable<Result<void>> exchange(const ClientRequest& request, HttpClient::BodySource* source,
                                   bool fresh);
  /// Whether the last exchange() failed in a way that a new connection may mend without doing
  /// anything twice.
  bool may_repeat(const ClientRequest& request, bool streaming) const;

  // ClientResponse
  const wire::ResponseHead& head() const override { return head_; }
  Awaitable<Result<std::string_view>> read_some() override;
  Awaitable<Result<std::string>> read_all(std::size_t bytes_max) override;
  std::optional<std::string_view> body_at_hand() override;

 private:
  // Stream::Listener, Deadlines::Node
  void on_stream() override;
  void on_deadline() override;

  void stop(Error why);
  Error broken(std::string_view what) const;

  // Connecting
  bool take_idle();
  Awaitable<Result<void>> connect(const Origin& origin);
  Awaitable<Result<std::vector<SocketAddress>>> addresses(const Origin& origin);
  Awaitable<Result<Addresses>> look_up(const std::string& name);
  Awaitable<Result<void>> connect_to(const SocketAddress& address,
                                     std::shared_ptr<ClientSlot> slot);
  Awaitable<Result<void>> handshake(const std::string& host);
  /// From one to the other the connect timeout counts too: connect_expired_.
  void begin_connecting();
  void end_connecting();

  // Sending and reading
  Result<void> write_head(std::string& out, const ClientRequest& request, bool streaming);
  /// Sends as much of both as the socket takes. True: an answer came that makes the rest needless;
  /// false: all is sent; nothing: the rest must wait.
  Result<std::optional<bool>> send_now(std::string_view& out, std::string_view& body);
  /// Sends a request that has no source, likewise; what is left is in unsent_.
  Result<std::optional<bool>> send_request(const ClientRequest& request);
  Awaitable<Result<bool>> send_rest(std::string_view out, std::string_view body);
  Awaitable<Result<void>> wait_for_head(bool early);
  /// Sends out and then the body; true when an answer came that makes the rest needless.
  Awaitable<Result<bool>> send_pieces(std::string_view body);
  Awaitable<Result<bool>> send_source(HttpClient::BodySource& source);
  /// Reads what is there: true when the head is whole, false when more must come.
  Result<bool> try_head();
  void take_head();
  void release();
  Result<bool> take_body(std::string_view& piece);

  std::shared_ptr<ClientCore> core_;
  std::shared_ptr<ClientPool> pool_;
  std::unique_ptr<ClientConnection> connection_;
  Wake wake_;
  CancelToken cancel_;
  CancelRegistration registration_;
  wire::ResponseHead head_;
  std::optional<Error> stop_;
  SteadyTime deadline_;
  Milliseconds idle_timeout_;
  std::optional<std::uint64_t> body_left_;  // of a streamed request with a length
  std::pair<std::string_view, std::string_view> unsent_;
  std::optional<Error> failure_;
  bool early_ = false;
  bool chunked_ = false;
  bool sending_ = false;
  bool connecting_ = false;
  bool connect_expired_ = false;
  bool answered_ = false;
  bool head_whole_ = false;
  bool wrote_ = false;
  bool keep_ = false;
  bool done_ = false;
};

}  // namespace weft::net
