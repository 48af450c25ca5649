// Hubs with the adapter of the Open Inference Protocol alone, on free ports of one loop: one
// serves, one calls. Owned by the tests.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/socket.h>

#include <array>
#include <format>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weft/adapters/common/front.h"
#include "weft/adapters/oip/client.h"
#include "weft/adapters/oip/server.h"
#include "weft/hub/testing.h"
#include "weft/net/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::oip_door {

using adapters::Environment;
using adapters::make_front;
using adapters::oip::kJsonLengthHeader;
using adapters::oip::make_protocol;
using adapters::oip::make_routes;

using Head = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  int status = 0;
  wire::Headers headers;
  std::string body;
};

/// One request on a connection of its own.
inline Answer send(std::uint16_t port, std::string_view method, std::string_view target,
                   std::string_view body = "", const Head& head = {}) {
  net::testing::RawClient client(port);
  std::string text = std::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n",
                                 method, target, body.size());
  for (const auto& [name, value] : head) text += std::format("{}: {}\r\n", name, value);
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

/// A deployed model whose worker is a function.
class FakeModel final : public hub::Service, public ml::Inferring {
 public:
  using Work = std::function<Result<ml::InvocationReply>(const ml::Invocation&)>;
  FakeModel(std::string_view about, Work work) : work_(std::move(work)) {
    ml::ModelAbout said;
    said.about = json::parse_object(about, "about").value();
    about_ = std::make_shared<const ml::ModelAbout>(std::move(said));
  }

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
                                                TakePiece) override {
    co_return work_(invocation);
  }
  std::shared_ptr<const ml::ModelAbout> about() const override { return loaded ? about_ : nullptr; }
  const std::string& owner() const override { return owned_by; }

  std::string owned_by;
  ml::Invocation last;
  std::string last_body;
  bool loaded = true;

 private:
  std::shared_ptr<const ml::ModelAbout> about_;
  Work work_;
};

/// A hub on a port.
class OipHub {
 public:
  explicit OipHub(net::Loops& loops, net::HttpClients& clients)
      : loops_(loops),
        hub_({.clock = clock, .random = random_, .tables = tables_, .journal = journal_}),
        environment{.hub = hub_, .joiner = nullptr, .clients = clients} {
    std::vector<std::unique_ptr<hub::Protocol>> protocols;
    protocols.push_back(make_protocol(environment));
    joiner_ = std::make_unique<hub::Joiner>(hub_, tables_, std::move(protocols));
    server_ = net::HttpServer::create(loops, {.host = "127.0.0.1", .port = 0, .unix_path = ""},
                                      std::nullopt, {},
                                      make_front(environment, make_routes(environment), {}))
                  .value();
    server_->start();
  }
  ~OipHub() {
    server_->drain(Milliseconds(0));
    run(hub_.tasks().stop());
  }

  template <class T>
  T run(Awaitable<T> work) {
    return boost::asio::co_spawn(loops_.at(0).executor(), std::move(work), boost::asio::use_future)
        .get();
  }
  hub::Hub& hub() { return hub_; }
  std::uint16_t port() const { return server_->port(); }
  std::string url() const { return std::format("http://127.0.0.1:{}", port()); }
  void add(std::shared_ptr<const hub::Entry> entry) {
    WEFT_ASSERT(hub_.registry().add(std::move(entry)));
  }
  Answer get(std::string_view target) const { return send(port(), "GET", target); }
  Answer post(std::string_view target, std::string_view body, const Head& head = {}) const {
    return send(port(), "POST", target, body, head);
  }
  Result<hub::JoinReport> join(std::string url, std::string name, std::string protocol = "oip") {
    hub::JoinRequest request;
    request.id = SolutionId(std::move(name));
    request.url = std::move(url);
    request.protocol = std::move(protocol);
    return join_request(std::move(request));
  }
  Result<hub::JoinReport> join_request(hub::JoinRequest request) {
    return run(joiner_->join(std::move(request), executor()));
  }
  Executor executor() { return loops_.at(0).executor(); }
  std::shared_ptr<const hub::Entry> entry(std::string_view id) {
    return hub_.registry().snapshot()->find_shared(id);
  }
  /// A call from beginning to End.
  std::vector<model::Event> call(model::Call call, Milliseconds limit = Milliseconds(10'000)) {
    return run(all_of(hub_, std::move(call), loops_.at(0).executor(), limit));
  }

  SystemClock clock;

 private:
  static Awaitable<std::vector<model::Event>> all_of(hub::Hub& hub, model::Call call,
                                                     Executor executor, Milliseconds limit) {
    hub::CallContext context{executor, std::chrono::steady_clock::now() + limit, {}};
    auto stream = hub.call(std::move(call), std::move(context));
    co_return co_await hub::testing::all_events(*stream);
  }

  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  net::Loops& loops_;
  hub::Hub hub_;

 public:
  Environment environment;

 private:
  std::unique_ptr<hub::Joiner> joiner_;
  std::unique_ptr<net::HttpServer> server_;
};

/// The loop that all hubs of a test share.
struct World {
  World() : clients(loops, {}) { WEFT_ASSERT(loops.start()); }
  ~World() { loops.stop(); }
  net::Loops loops{1};
  net::HttpClients clients;
};

inline model::Call call_of(std::string solution, std::string skill) {
  model::Call out;
  out.id = CallId("test");
  out.principal.name = "local";
  out.solution = SolutionId(std::move(solution));
  out.skill = SkillId(std::move(skill));
  return out;
}

inline const model::End& end_of(const std::vector<model::Event>& events) {
  return std::get<model::End>(events.back().body);
}

}  // namespace weft::oip_door
