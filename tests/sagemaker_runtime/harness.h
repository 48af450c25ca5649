// A hub with the runtime door alone, as it is behind the check of signatures, and deployed models
// whose workers are functions. Owned by the tests.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/socket.h>

#include <array>
#include <format>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/adapters/common/front.h"
#include "weft/adapters/sagemaker/runtime/runtime.h"
#include "weft/hub/testing.h"
#include "weft/ml/api.h"
#include "weft/net/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::runtime_door {

using adapters::Environment;
using adapters::make_front;
using adapters::Route;
using adapters::sagemaker::runtime_handler;

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 0;
  wire::Headers headers;
  std::string body;
};

/// One request on a connection of its own, which says that its body has so many bytes.
inline Answer send(std::uint16_t port, std::string_view target, std::size_t body_bytes,
                   std::string_view body, const Fields& fields) {
  net::testing::RawClient client(port);
  std::string text = std::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n",
                                 target, body_bytes);
  for (const auto& [name, value] : fields) text += std::format("{}: {}\r\n", name, value);
  client.send(text + "\r\n" + std::string(body));
  wire::HttpReader reader(wire::HttpReader::Kind::response, {});
  Answer out;
  std::array<char, 64 * 1024> block{};
  while (true) {
    const ssize_t count = ::recv(client.fd(), block.data(), block.size(), 0);
    if (count <= 0) return out;
    std::string_view bytes(block.data(), static_cast<std::size_t>(count));
    while (true) {
      std::size_t used = 0;
      const auto step = reader.feed(bytes, used);
      bytes.remove_prefix(used);
      if (!step) return out;
      if (*step == wire::HttpStep::head) {
        out.status = reader.response().status;
        out.headers = reader.response().headers;
      }
      if (*step == wire::HttpStep::body) out.body += reader.body();
      if (*step == wire::HttpStep::complete) return out;
      if (*step == wire::HttpStep::need_more) break;
    }
  }
}

class FakeModel final : public hub::Service, public ml::Inferring {
 public:
  using Work = std::function<Result<ml::InvocationReply>(const ml::Invocation&)>;
  explicit FakeModel(Work work) : work_(std::move(work)) {}

  std::unique_ptr<hub::EventStream> start(std::shared_ptr<const model::Call>,
                                          hub::CallContext) override {
    return hub::ended_stream(model::end_with(make_error(Reason::internal, "not by its bytes")));
  }
  Awaitable<Result<ml::InvocationReply>> invoke(ml::Invocation invocation, SteadyTime,
                                                CancelToken) override {
    last = invocation;
    last_body = invocation.body;
    co_return work_(invocation);
  }
  Awaitable<Result<ml::InvocationReply>> stream(ml::Invocation invocation, SteadyTime, CancelToken,
                                                TakePiece piece) override {
    for (const std::string& each : pieces) {
      ml::InvocationReply told = work_(invocation).value_or(ml::InvocationReply());
      told.body = each;
      WEFT_CO_CHECK(co_await piece(std::move(told)));
      ++taken;
    }
    co_return work_(invocation);
  }
  std::shared_ptr<const ml::ModelAbout> about() const override { return nullptr; }
  const std::string& owner() const override { return owned_by; }

  std::string owned_by;
  ml::Invocation last;
  std::string last_body;
  std::vector<std::string> pieces;
  /// Pieces that the door took.
  std::atomic<std::size_t> taken{0};

 private:
  Work work_;
};

class RuntimeHub {
 public:
  RuntimeHub()
      : hub_({.clock = clock_, .random = random_, .tables = tables_, .journal = journal_}),
        clients_(loops_, {}),
        environment{.hub = hub_, .joiner = nullptr, .clients = clients_} {
    WEFT_ASSERT(loops_.start());
    Route route;
    route.prefix = "/endpoints";
    route.handler = runtime_handler(environment);
    route.any_body = true;
    std::vector<Route> routes;
    routes.push_back(std::move(route));
    server_ = net::HttpServer::create(loops_, {.host = "127.0.0.1", .port = 0, .unix_path = ""},
                                      std::nullopt, limits(),
                                      make_front(environment, std::move(routes), {}))
                  .value();
    server_->start();
  }
  ~RuntimeHub() {
    server_->drain(Milliseconds(0));
    run(hub_.tasks().stop());
    loops_.stop();
  }

  template <class T>
  T run(Awaitable<T> work) {
    return boost::asio::co_spawn(loops_.at(0).executor(), std::move(work), boost::asio::use_future)
        .get();
  }
  hub::Hub& hub() { return hub_; }
  std::uint16_t port() const { return server_->port(); }
  Answer send(std::string_view target, std::string_view body, const Fields& fields) const {
    return runtime_door::send(port(), target, body.size(), body, fields);
  }
  /// The rest of the body never comes.
  Answer send_part(std::string_view target, std::size_t body_bytes, std::string_view part) const {
    return runtime_door::send(port(), target, body_bytes, part, {});
  }

 private:
  static net::ServerLimits limits() {
    net::ServerLimits out;
    out.body_idle_timeout = Milliseconds(300);
    return out;
  }

  SystemClock clock_;
  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  net::Loops loops_{1};
  hub::Hub hub_;
  net::HttpClients clients_;

 public:
  Environment environment;

 private:
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace weft::runtime_door
