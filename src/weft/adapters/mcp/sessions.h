// Sessions of the legacy era: what initialize began. A session belongs to one principal and one
// mount; for everyone else it does not exist. Shared by connections of all loops: any thread.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "weft/adapters/mcp/asks.h"
#include "weft/adapters/mcp/mailbox.h"
#include "weft/adapters/mcp/replay.h"
#include "weft/base/clock.h"
#include "weft/base/ids.h"
#include "weft/model/call.h"
#include "weft/wire/jsonrpc.h"

namespace weft::adapters::mcp {

/// What initialize settled; never changes after.
struct SessionFacts {
  std::string id;
  std::string mount;
  model::Principal principal;
  std::string version;
  ElicitCaps elicit;
  /// The session at the solution, when requests are passed through.
  std::string upstream;
  bool passed_through = false;
};

class Session {
 public:
  explicit Session(SessionFacts facts);
  const SessionFacts& facts() const { return facts_; }
  bool is_of(const model::Principal& principal) const;
  bool is_for(const model::Principal& principal, std::string_view mount) const;

  void touch(std::int64_t now_ms) { used_ms_ = now_ms; }
  std::int64_t used_ms() const { return used_ms_; }
  /// Whether a request or a stream of it is being served: then it is not idle, however long.
  bool in_use() const { return users_ > 0; }
  void enter() { ++users_; }
  void leave() { --users_; }
  std::string log_level() const;
  void set_log_level(std::string level);

  /// A running request, so that notifications/cancelled finds it. False when there are too many.
  bool began(const json::value& id, Executor executor, std::shared_ptr<CancelSource> cancel);
  void ended(const json::value& id);
  void cancel(const json::value& id);
  /// The session is over: cancels what runs, ends its streams.
  void close();

  /// A request of weft's to the client: its id, and where the response will be put.
  using Answers = Mailbox<wire::JsonRpcResponse>;
  std::string expect(std::shared_ptr<Answers> answers);
  void forget(std::string_view request_id);
  bool deliver(wire::JsonRpcResponse response);

  /// The stream that GET opens.
  const std::shared_ptr<Replay>& general() const { return general_; }
  /// A new stream of a POST, kept (with kReplayStreamsMax others) for Last-Event-ID.
  std::shared_ptr<Replay> new_stream();
  std::shared_ptr<Replay> find_stream(std::string_view stream) const;
  std::atomic<bool> initialized{false};

 private:
  struct Running {
    Executor executor;
    std::weak_ptr<CancelSource> cancel;
  };
  static void cancel_on_its_loop(const Running& running, std::string why);

  const SessionFacts facts_;
  std::atomic<std::int64_t> used_ms_{0};
  std::atomic<int> users_{0};
  mutable std::mutex mutex_;
  std::string log_level_;
  std::map<std::string, Running> running_;
  std::map<std::string, std::shared_ptr<Answers>, std::less<>> expected_;
  std::uint64_t next_request_ = 1;
  std::uint64_t next_stream_ = 1;
  std::shared_ptr<Replay> general_;
  std::deque<std::shared_ptr<Replay>> streams_;
};

class Sessions {
 public:
  Sessions(const Clock& clock, Random& random);
  /// Where there are too many (of this principal, or of all), the one that was left alone longest
  /// gives way: of the principal's own first. Errors: all are in use.
  Result<std::shared_ptr<Session>> create(SessionFacts facts);
  /// Unknown, someone else's and another mount's are the same to the caller. In use as long as what
  /// it gives is held.
  std::shared_ptr<Session> find(std::string_view id, const model::Principal& principal,
                                std::string_view mount);
  void remove(std::string_view id);
  std::vector<std::shared_ptr<Session>> all() const;
  std::size_t size() const;

 private:
  using Table = std::map<std::string, std::shared_ptr<Session>, std::less<>>;
  void sweep(std::int64_t now_ms);
  Result<void> make_room(const model::Principal& principal);
  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  Table sessions_;
};

}  // namespace weft::adapters::mcp
