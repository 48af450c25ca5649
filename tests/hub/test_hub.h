// A whole hub in the test's process: the adapters it is given, a journal in memory, a free port of
// the loopback address. Owned by the tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weft/adapters/common/adapter.h"
#include "weft/base/clock.h"
#include "weft/hub/hub.h"
#include "weft/hub/joiner.h"
#include "weft/net/clients.h"
#include "weft/net/http_server.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::testing {

class TestHub {
 public:
  /// What stands before the front door, if anything does.
  using Guard = std::function<net::Handler(net::Handler front)>;
  explicit TestHub(const std::vector<adapters::Adapter>& adapters, const Guard& guard = {});
  ~TestHub();
  TestHub(const TestHub&) = delete;
  TestHub& operator=(const TestHub&) = delete;

  hub::Hub& hub() { return *hub_; }
  net::HttpServer& server() { return *server_; }
  int port() const { return server_->port(); }
  std::string url() const;
  void add(std::shared_ptr<const hub::Entry> entry);
  /// Blocks until it has joined or cannot.
  Result<hub::JoinReport> join(hub::JoinRequest request);
  /// A loop of the hub, to run calls on.
  Executor executor() { return loops_.at(0).executor(); }

 private:
  SystemClock clock_;
  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  net::Loops loops_{2};
  std::unique_ptr<net::HttpClients> clients_;
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<adapters::Environment> environment_;
  std::unique_ptr<hub::Joiner> joiner_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace weft::testing
