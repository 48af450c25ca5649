// Three hubs in a row: the first calls the second in protocol P, the second the third in protocol
// Q, and the third holds a scripted solution. What goes in and what comes out are canonical, so the
// laws can be checked with no other oracle. Owned by the test.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/adapters/common/front.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::pairs {

/// A whole hub on a port of its own, with its store in memory.
class TestHub {
 public:
  TestHub(net::Loops& loops, net::HttpClients& clients);
  ~TestHub();
  hub::Hub& hub() { return *hub_; }
  const std::string& url() const { return environment_->public_url; }
  void add(std::shared_ptr<const hub::Entry> entry);
  /// Joins what speaks `protocol` at the URL, as `name`.
  Result<hub::JoinReport> join(std::string url, std::string protocol, std::string name);

 private:
  net::Loops& loops_;
  SystemClock clock_;
  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<adapters::Environment> environment_;
  std::unique_ptr<hub::Joiner> joiner_;
  std::unique_ptr<net::HttpServer> server_;
};

/// How the scripted solution behaved, seen from inside.
struct Seen {
  std::atomic<int> started{0};
  std::atomic<int> released{0};
};

class Chain {
 public:
  Chain(std::string caller_protocol, std::string solution_protocol);
  ~Chain();
  /// Why the chain could not be made; empty when it was.
  const std::string& broken() const { return broken_; }
  Seen& seen() { return seen_; }

  /// The events of a call to the scripted skill, through both protocols. `on_ask` answers
  /// questions; `cancel_after` cancels when so many events came.
  struct Told {
    std::vector<model::Event> events;
    std::int64_t ended_after_cancel_ms = 0;
  };
  using OnAsk = std::function<model::Answers(const model::Ask&)>;
  Told call(std::string skill, json::object args, model::Reply reply, OnAsk on_ask = {},
            int cancel_after = -1);

 private:
  model::Call shape(const std::string& skill, json::object args, model::Reply reply);
  Awaitable<Told> drive(model::Call call, OnAsk on_ask, int cancel_after);

  std::string caller_protocol_;
  std::string solution_protocol_;
  Seen seen_;
  net::Loops loops_;
  net::HttpClients clients_;
  std::unique_ptr<TestHub> first_;
  std::unique_ptr<TestHub> second_;
  std::unique_ptr<TestHub> third_;
  std::string broken_;
};

/// The URL at which a hub shows its solution `name` in a protocol.
std::string door(const TestHub& hub, const std::string& protocol, const std::string& name);

}  // namespace weft::pairs
