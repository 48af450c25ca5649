// A server in a child process: lines out, lines in, each given to the conversation it belongs to.
// Shared by the link and its conversations; the process lives on one loop (home), everything else
// is for any thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "weft/adapters/mcp/mailbox.h"
#include "weft/adapters/mcp/pumps.h"
#include "weft/net/child.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

class StdioWire : public std::enable_shared_from_this<StdioWire> {
 public:
  using Inbox = Mailbox<wire::JsonRpcMessage>;

  /// Starts the process on the home loop, whatever loop asks.
  static Awaitable<Result<std::shared_ptr<StdioWire>>> start(std::shared_ptr<Pumps> pumps,
                                                             Executor home,
                                                             net::ChildCommand command);
  /// Ends the process; what waits gets an error.
  void stop();

  /// Sends a line. False when the process is gone or does not read.
  bool send(std::string line);
  /// What belongs to the request (its response, its progress) goes to the inbox until forget().
  /// Requests of the server and log messages, which name no request, go to the youngest one that
  /// `takes_questions`.
  void expect(const json::value& id, std::shared_ptr<Inbox> inbox, bool takes_questions);
  void forget(const json::value& id);
  bool dead() const;

 private:
  explicit StdioWire(Executor home);
  static Awaitable<Result<void>> launch(std::shared_ptr<StdioWire> wire,
                                        std::shared_ptr<Pumps> pumps, net::ChildCommand command);
  static Awaitable<> read(std::shared_ptr<StdioWire> wire);
  static Awaitable<> write(std::shared_ptr<StdioWire> wire);
  void dispatch(wire::JsonRpcMessage message);
  std::shared_ptr<Inbox> find(const wire::JsonRpcMessage& message);
  void fail_all(const Error& why);

  struct Waiting {
    std::string id;
    std::shared_ptr<Inbox> inbox;
    bool takes_questions = false;
  };
  Executor home_;
  std::unique_ptr<net::ChildProcess> child_;  // home loop alone
  Mailbox<std::string> out_;
  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::optional<Error> dead_;
};

}  // namespace weft::adapters::mcp
