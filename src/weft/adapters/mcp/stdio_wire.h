// A server in a child process: lines out, lines in, each given to the conversation it belongs to.
// Shared by the link and its conversations; the process lives on one loop (home), everything else
// is for any thread.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
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
  struct Inbox final : Mailbox<wire::JsonRpcMessage> {
    using Mailbox::Mailbox;
    /// Its reader kept the others waiting for too long. The reading pump's alone.
    bool lags = false;
  };

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
  /// `takes_questions`. A reader that lags slows the process and so all others, for kInboxLagMs;
  /// then it gets no notification until it went on.
  void expect(const json::value& id, std::shared_ptr<Inbox> inbox, bool takes_questions);
  void forget(const json::value& id);
  bool dead() const;
  /// Told, on the home loop, when the server says that its list of tools changed.
  void on_list_changed(std::function<void()> action);

  /// How many lines the process said so far.
  std::uint64_t said() const { return said_; }
  /// The request got no answer, and nothing was said since `said`: the process has `patience` for
  /// any sign of life, or is ended. Not while an older request waits, which may be what keeps it
  /// busy.
  void doubt(const json::value& id, std::uint64_t said, Milliseconds patience);

 private:
  explicit StdioWire(Executor home);
  static Awaitable<Result<void>> launch(std::shared_ptr<StdioWire> wire,
                                        std::shared_ptr<Pumps> pumps, net::ChildCommand command);
  static Awaitable<> read(std::shared_ptr<StdioWire> wire);
  static Awaitable<> write(std::shared_ptr<StdioWire> wire);
  static Awaitable<> end(std::shared_ptr<StdioWire> wire);
  static Awaitable<> ping(std::shared_ptr<StdioWire> wire, std::uint64_t said,
                          Milliseconds patience);
  static Awaitable<> wait_for_room(std::shared_ptr<StdioWire> wire, std::shared_ptr<Inbox> inbox);
  void begin_end();
  /// Whether it is the notice that the tools changed, which no request waits for.
  bool told_change(const wire::JsonRpcMessage& message);
  void refuse(const wire::JsonRpcMessage& message);
  std::shared_ptr<Inbox> find(const wire::JsonRpcMessage& message);
  void fail_all(const Error& why);

  struct Waiting {
    std::string id;
    std::shared_ptr<Inbox> inbox;
    bool takes_questions = false;
  };
  Executor home_;
  std::weak_ptr<Pumps> pumps_;
  // The home loop's alone.
  std::unique_ptr<net::ChildProcess> child_;
  CancelSource ending_;
  // Any thread's.
  Mailbox<std::string> out_;
  std::shared_ptr<Waker> room_;
  std::atomic<std::uint64_t> said_{0};
  std::atomic<bool> doubted_{false};
  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::optional<Error> dead_;
  std::function<void()> changed_;
};

}  // namespace weft::adapters::mcp
