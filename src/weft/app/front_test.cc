#include "weft/adapters/common/front.h"

#include <gtest/gtest.h>

#include "weft/adapters/common/own_url.h"
#include "weft/base/url.h"
#include "weft/hub/testing.h"
#include "weft/store/memory_journal.h"
#include "weft/store/memory_tables.h"

namespace weft::adapters {
namespace {

/// One request, answered in memory.
class FakeExchange final : public net::Exchange {
 public:
  explicit FakeExchange(Executor executor) : executor_(executor) {
    request.method = "GET";
    request.target = "/open";
    request.headers.add("Host", "127.0.0.1:8420");
  }
  const wire::RequestHead& head() const override { return request; }
  std::string_view peer() const override { return "127.0.0.1:1"; }
  bool over_unix_socket() const override { return over_unix; }
  bool over_tls() const override { return false; }
  Executor executor() override { return executor_; }
  CancelToken gone() const override { return {}; }
  Awaitable<Result<std::string>> read_body(std::size_t) override { co_return std::string(); }
  Awaitable<Result<std::string_view>> read_some() override { co_return std::string_view(); }
  Result<void> respond(wire::ResponseHead head, std::string_view text) override {
    response = std::move(head);
    body = text;
    return {};
  }
  Awaitable<Result<void>> start(wire::ResponseHead head) override {
    response = std::move(head);
    co_return Result<void>();
  }
  Awaitable<Result<void>> write(std::string_view piece) override {
    body += piece;
    co_return Result<void>();
  }
  Awaitable<Result<void>> finish() override { co_return Result<void>(); }
  bool started() const override { return response.status != 0; }

  wire::RequestHead request;
  wire::ResponseHead response{.status = 0};
  std::string body;
  bool over_unix = false;

 private:
  Executor executor_;
};

class Front : public ::testing::Test {
 protected:
  Front()
      : hub_({.clock = clock_, .random = random_, .tables = tables_, .journal = journal_}),
        clients_(loops_, {}),
        environment_{.hub = hub_,
                     .joiner = nullptr,
                     .clients = clients_,
                     .listen_url = "",
                     .public_url = "",
                     .data_directory = "",
                     .config_file = "",
                     .reload = {}} {}

  Route route(std::string prefix, bool admin, bool open) {
    Route out;
    out.prefix = prefix;
    out.admin = admin;
    out.open = open;
    out.handler = [this](Request& request) -> Awaitable<> {
      principal_ = request.principal;
      rest_ = request.rest;
      wire::ResponseHead head;
      std::string body = "handled";
      (void)request.exchange.respond(std::move(head), body);
      co_return;
    };
    return out;
  }

  int status(const std::function<void(FakeExchange&)>& change) {
    FrontConfig config;
    config.hosts = {"weft.example"};
    config.origins = {"https://page.example"};
    config.keys_required = keys_required_;
    auto handler = make_front(
        environment_,
        {route("/open", false, true), route("/door", false, false), route("/admin", true, false)},
        config);
    FakeExchange exchange(loop_.get_executor());
    change(exchange);
    hub::testing::run(loop_, [&]() -> Awaitable<> { co_await handler(exchange); });
    last_ = exchange.response;
    return exchange.response.status;
  }

  boost::asio::io_context loop_;
  net::Loops loops_{1};
  SystemClock clock_;
  SystemRandom random_;
  store::MemoryTables tables_;
  store::MemoryJournal journal_;
  hub::Hub hub_;
  net::HttpClients clients_;
  Environment environment_;
  bool keys_required_ = false;
  model::Principal principal_;
  std::vector<std::string> rest_;
  wire::ResponseHead last_;
};

TEST_F(Front, OnlyKnownHostsPass) {
  for (const char* host : {"127.0.0.1:8420", "localhost", "LOCALHOST:1", "[::1]:8420", "127.9.9.9",
                           "weft.example:443"}) {
    EXPECT_EQ(status([&](FakeExchange& e) { e.request.headers.set("Host", host); }), 200) << host;
  }
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "",
                           "127.evil", "[::2]", "weft.example.evil"}) {
    EXPECT_EQ(status([&](FakeExchange& e) { e.request.headers.set("Host", host); }), 403) << host;
  }
}

TEST_F(Front, WhoIsShortOfMemoryTakesNoMore) {
  const auto level = std::make_shared<net::MemoryLevelNow>(net::MemoryLevel::tight);
  environment_.memory = level;
  const auto door = [](FakeExchange& e) { e.request.target = "/door"; };
  EXPECT_EQ(status(door), 200);
  for (const auto each : {net::MemoryLevel::low, net::MemoryLevel::out}) {
    *level = each;
    EXPECT_EQ(status(door), 503);
    EXPECT_EQ(last_.headers.get("Retry-After"), "1");
    // How it does is told all the same, and its operator is let in.
    EXPECT_EQ(status([](FakeExchange&) {}), 200);
    EXPECT_EQ(status([&](FakeExchange& e) {
                door(e);
                e.over_unix = true;
              }),
              200);
  }
  *level = net::MemoryLevel::enough;
  EXPECT_EQ(status(door), 200);
}

TEST_F(Front, OnlyListedOriginsAndOwnPagesPass) {
  for (const char* origin :
       {"https://page.example", "http://127.0.0.1:8420", "http://localhost:8420"}) {
    EXPECT_EQ(status([&](FakeExchange& e) { e.request.headers.add("Origin", origin); }), 200)
        << origin;
  }
  for (const char* origin :
       {"https://evil.example", "http://127.0.0.1:3000", "null", "https://page.example.evil"}) {
    EXPECT_EQ(status([&](FakeExchange& e) { e.request.headers.add("Origin", origin); }), 403)
        << origin;
  }
}

TEST_F(Front, AListedOriginIsAllowedToRead) {
  (void)status([](FakeExchange& e) { e.request.headers.add("Origin", "https://page.example"); });
  EXPECT_EQ(last_.headers.get("Access-Control-Allow-Origin"), "https://page.example");
  EXPECT_EQ(status([](FakeExchange& e) {
              e.request.method = "OPTIONS";
              e.request.headers.add("Origin", "https://page.example");
            }),
            204);
  (void)status([](FakeExchange&) {});
  EXPECT_FALSE(last_.headers.has("Access-Control-Allow-Origin"));
}

TEST_F(Front, WhatAnyPageCanSendIsRefused) {
  EXPECT_EQ(status([](FakeExchange& e) {
              e.request.method = "POST";
              e.request.headers.add("Content-Type", "Text/Plain; charset=utf-8");
            }),
            403);
  for (const char* site : {"cross-site", "same-site"}) {
    const auto from = [&](FakeExchange& e) { e.request.headers.add("Sec-Fetch-Site", site); };
    EXPECT_EQ(status(from), 403) << site;
    EXPECT_EQ(status([&](FakeExchange& e) {
                from(e);
                e.request.headers.add("Origin", "https://page.example");
              }),
              200)
        << site;
  }
  // A link that a person follows from a page of this machine, and no frame in it.
  for (const auto& [dest, status_then] :
       {std::pair("document", 200), std::pair("iframe", 403), std::pair("image", 403)}) {
    EXPECT_EQ(status([&](FakeExchange& e) {
                e.request.headers.add("Sec-Fetch-Site", "same-site");
                e.request.headers.add("Sec-Fetch-Mode", "navigate");
                e.request.headers.add("Sec-Fetch-Dest", dest);
              }),
              status_then)
        << dest;
  }
  // Its own page, and what a person typed.
  for (const char* site : {"same-origin", "none"}) {
    EXPECT_EQ(status([&](FakeExchange& e) { e.request.headers.add("Sec-Fetch-Site", site); }), 200)
        << site;
  }
}

TEST_F(Front, IsShownUnderTheNameThatItWasReachedBy) {
  environment_.listen_url = "http://127.0.0.1:8420";
  const auto shown = [&](const char* host) {
    FakeExchange exchange(loop_.get_executor());
    exchange.request.headers.set("Host", host);
    return own_url(environment_, exchange);
  };
  EXPECT_EQ(shown("weft.example"), "http://weft.example");
  EXPECT_EQ(shown("Weft.example:80"), "http://weft.example");
  EXPECT_EQ(shown("weft.example:8080"), "http://weft.example:8080");
  EXPECT_EQ(shown("[::1]:8420"), "http://[::1]:8420");
  // What is no address of a hub is not repeated.
  for (const char* host : {"", "weft.example/x", "weft.example?x", "a@weft.example", "a:b:c",
                           "weft.example:99999", "weft.example:8x"}) {
    EXPECT_EQ(shown(host), "http://127.0.0.1:8420") << host;
  }
  environment_.public_url = "https://hub.example";
  EXPECT_EQ(shown("weft.example"), "https://hub.example");
}

TEST_F(Front, AdminNeedsTheSocketOrAnAdminKey) {
  const auto admin = [](FakeExchange& e) { e.request.target = "/admin/x/%2e%2e/y%2Fz"; };
  EXPECT_EQ(status(admin), 401);
  EXPECT_EQ(last_.headers.get("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(status([&](FakeExchange& e) {
              admin(e);
              e.over_unix = true;
            }),
            200);
  EXPECT_TRUE(principal_.admin);
  EXPECT_EQ(rest_, (std::vector<std::string>{"x", "..", "y/z"}));
}

TEST_F(Front, KeysAreAskedForWhenRequired) {
  keys_required_ = true;
  const auto door = [](FakeExchange& e) { e.request.target = "/door"; };
  EXPECT_EQ(status(door), 401);
  EXPECT_EQ(status([](FakeExchange&) {}), 200) << "open paths stay open";
  std::optional<hub::NewKey> key;
  hub::testing::run(loop_, [&]() -> Awaitable<> {
    std::string name = "ada";
    std::vector<std::string> all;
    key = (co_await hub_.keys().make(std::move(name), false, std::move(all))).value();
  });
  for (const auto& [name, prefix] : {std::pair("Authorization", "Bearer "),
                                     {"Authorization", "bearer "},
                                     {"x-api-key", ""},
                                     {"api-key", ""}}) {
    EXPECT_EQ(status([&](FakeExchange& e) {
                door(e);
                e.request.headers.add(name, prefix + key->secret);
              }),
              200)
        << name;
    EXPECT_EQ(principal_.name, "ada");
  }
  for (const std::string& wrong : {std::string("weft_x"), key->secret + "x",
                                   std::string("' OR 1=1 --"), std::string(100'000, 'a')}) {
    EXPECT_EQ(status([&](FakeExchange& e) {
                door(e);
                e.request.headers.add("x-api-key", wrong);
              }),
              401);
  }
  EXPECT_EQ(status([&](FakeExchange& e) {
              e.request.target = "/admin";
              e.request.headers.add("x-api-key", key->secret);
            }),
            403);
}

TEST_F(Front, TheLongestPrefixAtASegmentWins) {
  EXPECT_EQ(status([](FakeExchange& e) { e.request.target = "/opener"; }), 404);
  EXPECT_EQ(status([](FakeExchange& e) { e.request.target = "/open?x=1"; }), 200);
}

/// What a route that matches by itself adds: an `S3` of its own kind.
class FrontWithMatch : public Front {
 protected:
  int answer(std::string host, std::string target, std::string method = "GET",
             std::string type = "", std::string encoding = "") {
    Route objects = named("/", "objects");
    objects.match = [](const net::Exchange& e) {
      return e.head().headers.has("X-Objects") || e.head().headers.get("Host").starts_with("b.");
    };
    objects.authenticate = [](net::Exchange& e) -> Result<model::Principal> {
      if (e.head().headers.get("X-Objects") == "wrong")
        return fail(Reason::unauthenticated, "no such one");
      return model::Principal{.name = "signer", .key_id = "k", .admin = false};
    };
    objects.any_body = true;
    objects.names_below = true;
    objects.first = true;
    Route root = named("/", "root");
    Route posts = named("/", "posts");
    posts.match = [](const net::Exchange& e) { return e.head().method == "POST"; };
    FrontConfig config;
    config.hosts = {"Weft.example"};
    config.keys_required = keys_required_;
    auto handler = make_front(environment_, {named("/door", "door"), root, posts, objects}, config);
    FakeExchange exchange(loop_.get_executor());
    exchange.request.method = std::move(method);
    exchange.request.target = std::move(target);
    exchange.request.headers.set("Host", host);
    if (!objects_.empty()) exchange.request.headers.add("X-Objects", objects_);
    if (!type.empty()) exchange.request.headers.add("Content-Type", type);
    if (!encoding.empty()) exchange.request.headers.add("Content-Encoding", encoding);
    if (!origin_.empty()) exchange.request.headers.add("Origin", origin_);
    who_.clear();
    hub::testing::run(loop_, [&]() -> Awaitable<> { co_await handler(exchange); });
    return exchange.response.status;
  }

  Route named(std::string prefix, std::string name) {
    Route out = route(std::move(prefix), false, false);
    auto inner = out.handler;
    out.handler = [this, name, inner](Request& request) {
      who_ = name;
      return inner(request);
    };
    return out;
  }

  std::string objects_;
  std::string origin_;
  std::string who_;
};

TEST_F(FrontWithMatch, OfOneLengthThoseThatMatchAreAskedFirst) {
  EXPECT_EQ(answer("localhost", "/x", "POST"), 200);
  EXPECT_EQ(who_, "posts");
  EXPECT_EQ(answer("localhost", "/x"), 200);
  EXPECT_EQ(who_, "root");
  EXPECT_EQ(answer("localhost", "/door", "POST"), 200);
  EXPECT_EQ(who_, "door") << "the longer prefix";
  objects_ = "yes";
  EXPECT_EQ(answer("localhost", "/door"), 200);
  EXPECT_EQ(who_, "objects") << "first of all";
}

TEST_F(FrontWithMatch, ARouteMayKnowItsCallersByItself) {
  keys_required_ = true;
  EXPECT_EQ(answer("localhost", "/x"), 401);
  objects_ = "yes";
  EXPECT_EQ(answer("localhost", "/x"), 200);
  EXPECT_EQ(principal_.name, "signer");
  objects_ = "wrong";
  EXPECT_EQ(answer("localhost", "/x"), 401);
}

TEST_F(FrontWithMatch, ABucketMayStandBeforeTheNameOfTheHub) {
  for (const char* host :
       {"b.localhost:8420", "b.c.LOCALHOST", "b.weft.example", "b.weft.example:1"})
    EXPECT_EQ(answer(host, "/x"), 200) << host;
  for (const char* host : {"b.localhost.evil.example", "b.evil.example", "b.127.0.0.1", "b.",
                           "b.notlocalhost", "b.weft.example.evil"}) {
    EXPECT_EQ(answer(host, "/x"), 403) << host;
  }
  EXPECT_EQ(answer("c.localhost", "/x"), 403) << "for another route it is no name";
  EXPECT_EQ(environment_.hosts, std::vector<std::string>{"weft.example"});
}

TEST_F(FrontWithMatch, ObjectsAreOfAnyTypeAndFromNoForeignPage) {
  EXPECT_EQ(answer("localhost", "/x", "POST", "text/plain"), 403);
  EXPECT_EQ(answer("localhost", "/x", "POST", "text/csv", "gzip"), 415);
  objects_ = "yes";
  EXPECT_EQ(answer("localhost", "/x", "POST", "text/plain"), 200);
  EXPECT_EQ(answer("localhost", "/x", "PUT", "text/csv", "aws-chunked,gzip"), 200);
  origin_ = "https://evil.example";
  EXPECT_EQ(answer("localhost", "/x", "PUT", "text/csv"), 403);
}

TEST_F(Front, ReadinessTellsWhetherCallsShouldBeSent) {
  const auto table = all_adapters();
  const auto admin = std::ranges::find(table, "admin", &Adapter::name);
  ASSERT_NE(admin, table.end());
  const auto status_of = [&](std::string_view path) {
    const auto routes = admin->routes(environment_);
    const auto found = std::ranges::find(routes, path, &Route::prefix);
    EXPECT_TRUE(found->open) << path;
    FakeExchange exchange(loop_.get_executor());
    Request request{exchange, {}, {}};
    hub::testing::run(loop_, [&]() -> Awaitable<> { co_await found->handler(request); });
    return exchange.response.status;
  };
  EXPECT_EQ(status_of("/readyz"), 200);
  environment_.ready = [] { return false; };
  EXPECT_EQ(status_of("/readyz"), 503);
  EXPECT_EQ(status_of("/healthz"), 200);
}

}  // namespace
}  // namespace weft::adapters
