// The server against raw bytes.
#include "weft/net/http_server.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <format>
#include <latch>
#include <thread>

#include "weft/base/timers.h"
#include "weft/net/testing.h"
#include "weft/net/wake.h"

namespace weft::net {
namespace {

using testing::Harness;
using testing::RawClient;

Awaitable<> echo(Exchange& exchange) {
  auto body = co_await exchange.read_body(1 << 20);
  wire::ResponseHead head;
  if (!body) {
    head.status = body.error().reason == Reason::too_large ? 413 : 400;
    (void)exchange.respond(std::move(head), body.error().message);
    co_return;
  }
  (void)exchange.respond(std::move(head), std::format("{} {} {}", exchange.head().method,
                                                      exchange.head().target, *body));
}

std::string without_date(std::string text) {
  const auto at = text.find("Date: ");
  if (at != std::string::npos) text.erase(at, text.find("\r\n", at) + 2 - at);
  return text;
}

TEST(HttpServer, AnswersInFull) {
  Harness harness(echo);
  RawClient client(harness.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_TRUE(answer.contains("\r\nDate: ")) << answer;
  EXPECT_EQ(without_date(answer),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /x ");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  Harness harness(echo);
  RawClient client(harness.port());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += std::format("POST /{} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", i);
  }
  client.send(all + "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = answers.find(std::format("POST /{} abc", i), at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_TRUE(answers.ends_with("GET /last "));
}

TEST(HttpServer, TakesARequestByteByByte) {
  Harness harness(echo);
  RawClient client(harness.port());
  for (const char& c :
       std::string_view("POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
    ASSERT_TRUE(client.send({&c, 1}));
  }
  EXPECT_TRUE(client.read_until("POST /b abcde").ends_with("POST /b abcde"));
}

TEST(HttpServer, HeadAndNoContentHaveNoBody) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    wire::ResponseHead head;
    head.status = exchange.head().path() == "/204" ? 204 : 200;
    (void)exchange.respond(std::move(head), exchange.head().path() == "/204" ? "" : "body");
    co_return;
  });
  RawClient client(harness.port());
  client.send(
      "HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /204 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::string answers = client.read_all();
  for (int i = 0; i < 3; ++i) answers = without_date(answers);
  EXPECT_EQ(answers,
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
}

TEST(HttpServer, SpeaksHttp10) {
  Harness harness(echo);
  RawClient client(harness.port());
  client.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(client.read_until("GET /1 ").contains("Connection: keep-alive\r\n"));
  client.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.read_all().contains("Connection: close\r\n"));
}

TEST(HttpServer, StreamsAreChunkedOrEndByClosing) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    (void)co_await exchange.start({});
    for (const char* piece : {"one ", "two ", "three"}) (void)co_await exchange.write(piece);
    (void)co_await exchange.finish();
  });
  RawClient client(harness.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string chunked = client.read_until("0\r\n\r\n");
  EXPECT_TRUE(chunked.contains("Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(chunked.ends_with("\r\n\r\n4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"))
      << chunked;
  client.send("GET / HTTP/1.0\r\n\r\n");
  const std::string closed = client.read_all();
  EXPECT_FALSE(closed.contains("chunked"));
  EXPECT_TRUE(closed.ends_with("\r\n\r\none two three")) << closed;
}

TEST(HttpServer, AStreamWithALengthKeepsToIt) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    wire::ResponseHead head;
    head.body_length = 6;
    (void)co_await exchange.start(std::move(head));
    EXPECT_TRUE((co_await exchange.write("abc")).has_value());
    EXPECT_FALSE((co_await exchange.write("defg")).has_value());
    if (exchange.head().path() == "/whole") {
      EXPECT_TRUE((co_await exchange.write("def")).has_value());
    }
    (void)co_await exchange.finish();
  });
  RawClient whole(harness.port());
  whole.send("GET /whole HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(whole.read_all().ends_with("\r\n\r\nabcdef"));
  RawClient cut(harness.port());
  cut.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(cut.read_all().ends_with("abcdef"));
}

TEST(HttpServer, GivesTheBodyWithoutAWaitWhenAllOfItIsHere) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    auto body = exchange.body_at_hand(10);
    const bool at_hand = body.has_value();
    if (!body) body = co_await exchange.read_body(10);
    wire::ResponseHead head;
    if (!*body) head.status = 413;
    (void)exchange.respond(std::move(head), std::format("{} {}", at_hand ? "at hand" : "later",
                                                        *body ? **body : body->error().message));
  });
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  RawClient client(harness.port());
  client.send(post + "3\r\n\r\nabc" + post + "0\r\n\r\n" + post + "2\r\n\r\nde");
  // The three may come in one piece.
  const std::string three = client.read_until("at hand de");
  EXPECT_TRUE(three.contains("\r\n\r\nat hand abcHTTP/1.1")) << three;
  EXPECT_TRUE(three.contains("\r\n\r\nat hand HTTP/1.1")) << three;
  client.send(post + "3\r\n\r\na");
  // The answer can only be to the whole.
  client.send("bc");
  EXPECT_TRUE(client.read_until("abc").ends_with("abc"));
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_TRUE(client.read_until("later x").ends_with("later x"));
  client.send(post + "11\r\n\r\n12345678901");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

TEST(HttpServer, SendsTheRestOfALongAnswerAfterTheHandlerReturned) {
  const std::string large(12 << 20, 'x');
  std::atomic<int> returned = 0;
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    (void)exchange.respond({}, exchange.head().path() == "/large" ? large : "small");
    ++returned;
    co_return;
  });
  RawClient client(harness.port());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  while (returned < 1) std::this_thread::yield();
  // Nothing was read yet: the second request waits for its turn.
  EXPECT_EQ(returned, 1);
  const std::string all = client.read_until("small");
  EXPECT_TRUE(all.contains("Content-Length: 12582912\r\n\r\nxxx"));
  EXPECT_EQ(std::ranges::count(all, 'x'), 12 << 20);
  EXPECT_TRUE(all.ends_with("\r\n\r\nsmall"));
  EXPECT_EQ(returned, 2);
}

TEST(HttpServer, SaysContinueWhenTheBodyIsWanted) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    if (exchange.head().path() == "/no") {
      wire::ResponseHead refused;
      refused.status = 403;
      (void)exchange.respond(std::move(refused), "");
      co_return;
    }
    co_await echo(exchange);
  });
  RawClient client(harness.port());
  client.send("POST /yes HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_TRUE(client.read_until("abc").starts_with("HTTP/1.1 200 OK\r\n"));
  client.send("POST /no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  const std::string refused = client.read_all();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_TRUE(refused.contains("Connection: close\r\n"));
}

TEST(HttpServer, ReadsOverASmallBodyThatNobodyWanted) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    (void)exchange.respond({}, "ok");
    co_return;
  });
  RawClient client(harness.port());
  client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_TRUE(client.read_until("ok").ends_with("ok"));
  client.send(std::string(1000, 'x') + "GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("ok"));
  RawClient large(harness.port());
  large.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_TRUE(large.read_until("ok").contains("Connection: close\r\n"));
}

TEST(HttpServer, RefusesABodyThatIsTooLarge) {
  Harness harness(echo);
  RawClient known(harness.port());
  known.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_TRUE(known.read_all().starts_with("HTTP/1.1 413 Content Too Large\r\n"));
  RawClient chunked(harness.port());
  chunked.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) {
    if (!chunked.send(chunk)) break;
  }
  EXPECT_TRUE(chunked.read_all().starts_with("HTTP/1.1 413 Content Too Large\r\n"));
}

// Attack 1 over a real socket: 400, closed, and the handler never hears of it.
TEST(HttpServer, RefusesSmugglingAndCloses) {
  std::atomic<int> handled = 0;
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    ++handled;
    (void)exchange.respond({}, "");
    co_return;
  });
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string next = "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::vector<std::string> forms = {
      post + "Transfer-Encoding: xchunked\r\n" + next,
      post + "Transfer-Encoding: gzip\r\n" + next,
      post + "Transfer-Encoding: chunked, gzip\r\n" + next,
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + next,
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + next,
      post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" + next,
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + next,
      post + "Content-Length: 5\r\nContent-Length: 5\r\n" + next,
      post + "Content-Length: +5\r\n" + next,
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33),
      "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  for (const std::string& form : forms) {
    RawClient client(harness.port());
    client.send(form);
    client.close_write();
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << form << "\n" << answer;
    EXPECT_TRUE(answer.contains("Connection: close\r\n")) << form;
    EXPECT_EQ(answer.find("HTTP/1.1", 8), std::string::npos) << form << "\n" << answer;
  }
  EXPECT_EQ(handled, 0);
  RawClient legal(harness.port());
  legal.send("GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(legal.read_all().starts_with("HTTP/1.1 200 OK\r\n"));
}

// Attack 2: endless heads, extensions and trailers.
TEST(HttpServer, BoundsWhatAHeadAndFramingMayCost) {
  Harness harness(echo);
  const std::string flood(64 * 1024, 'x');
  const auto answer_to = [&](const std::string& start) {
    RawClient client(harness.port());
    client.send(start);
    for (int i = 0; i < 150 && client.send(flood); ++i) {
    }
    return client.read_all().substr(0, 13);
  };
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nHost: a\r\nX: "), "HTTP/1.1 431 ");
  EXPECT_EQ(answer_to("GET /"), "HTTP/1.1 414 ");
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(answer_to(chunked + "1;x="), "HTTP/1.1 400 ");
  EXPECT_EQ(answer_to(chunked + "0\r\nX: "), "HTTP/1.1 400 ");
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 10'000; ++i) many += "a:b\r\n";
  EXPECT_EQ(answer_to(many), "HTTP/1.1 431 ");
}

// Attack 3 in small: slow heads, slow bodies and idle connections are closed by time.
TEST(HttpServer, ClosesTheSlow) {
  ServerLimits limits;
  limits.head_timeout = Milliseconds(60);
  limits.body_idle_timeout = Milliseconds(60);
  limits.keep_alive_timeout = Milliseconds(60);
  Harness harness(echo, limits);
  RawClient silent(harness.port());
  RawClient head(harness.port());
  head.send("GET / HT");
  RawClient body(harness.port());
  body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  RawClient idle(harness.port());
  idle.send("GET /i HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_TRUE(head.read_all().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_TRUE(body.read_all().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(idle.read_all().ends_with("GET /i "));
}

TEST(HttpServer, WhatCostsMostIsRefusedFirstWhenMemoryIsShort) {
  ServerLimits limits;
  const auto level = std::make_shared<MemoryLevelNow>(MemoryLevel::enough);
  limits.memory = level;
  Harness harness(echo, limits);
  const auto post = [](std::size_t length) {
    return std::format(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", length);
  };
  const auto answer = [&](std::string_view text) {
    RawClient client(harness.port());
    client.send(text);
    return client.read_all();
  };
  constexpr std::string_view kShort = "weft is short of memory; try again shortly";
  const std::string large(kSmallBodyBytes + 1, 'x');
  const std::string pieces =
      std::format("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n",
                  large.size(), large);
  RawClient begun(harness.port());
  begun.send(post(2 * large.size()) + large);
  EXPECT_TRUE(answer(post(large.size()) + large).ends_with(large));
  *level = MemoryLevel::tight;
  EXPECT_TRUE(answer(post(large.size()) + large).ends_with(kShort));
  EXPECT_TRUE(answer(pieces).ends_with(kShort));
  EXPECT_TRUE(answer(post(5) + "small").ends_with("small"));
  // What was begun goes on, as long as there is some left.
  *level = MemoryLevel::low;
  EXPECT_FALSE(begun.answered());
  *level = MemoryLevel::out;
  EXPECT_TRUE(begun.read_all().ends_with(kShort));
  EXPECT_TRUE(answer(post(5) + "small").ends_with(kShort));
  EXPECT_TRUE(answer("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .ends_with("GET /health "));
  // Who is idle makes room for who comes.
  RawClient idle(harness.port());
  idle.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(idle.read_until("GET /first ").ends_with("GET /first "));
  EXPECT_TRUE(answer("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ends_with("GET / "));
  EXPECT_EQ(idle.read_all(), "");
  *level = MemoryLevel::enough;
  EXPECT_TRUE(answer(post(large.size()) + large).ends_with(large));
}

// The same for clients that send a byte now and then: each is in time, all of them are not.
TEST(HttpServer, ClosesTheDripping) {
  ServerLimits limits;
  limits.head_timeout = Milliseconds(100);
  limits.body_idle_timeout = Milliseconds(100);
  Harness harness(echo, limits);
  for (const std::string begin : {"GET / HTTP/1.1\r\nHost: a\r\nX: ",
                                  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"}) {
    RawClient client(harness.port());
    client.send(begin);
    int sent = 0;
    // A byte is worth a millisecond at the slowest allowed, and takes forty.
    while (sent < 100 && client.send("x") && !client.answered()) {
      ++sent;
      ::usleep(40'000);
    }
    EXPECT_LT(sent, 50) << begin;
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 4")) << begin;
  }
}

TEST(HttpServer, ABodyThatComesFastEnoughMayTakeLong) {
  ServerLimits limits;
  limits.body_idle_timeout = Milliseconds(1'000);
  limits.body_bytes_per_second_min = 50'000;
  Harness harness(echo, limits);
  RawClient client(harness.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n");
  const std::string piece(10'000, 'x');
  // Faster than the slowest allowed, and for longer than one may be silent.
  for (int i = 0; i < 40; ++i) {
    ::usleep(30'000);
    EXPECT_TRUE(client.send(piece)) << i;
  }
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST(HttpServer, ASlowReaderStopsItsProducer) {
  ServerLimits limits;
  limits.write_timeout = Milliseconds(200);
  std::atomic<std::size_t> produced = 0;
  std::latch ended(1);
  Harness harness(
      [&](Exchange& exchange) -> Awaitable<> {
        (void)co_await exchange.start({});
        const std::string piece(16 * 1024, 'x');
        while ((co_await exchange.write(piece)).has_value()) produced += piece.size();
        EXPECT_TRUE(exchange.gone().cancelled());
        ended.count_down();
      },
      limits);
  RawClient client(harness.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ended.wait();
  // What fits into the kernel's buffers and the server's own; far from endless.
  EXPECT_LT(produced, 32U << 20);
}

TEST(HttpServer, NoticesThatTheClientIsGone) {
  std::latch begun(1);
  std::latch ended(1);
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    Signal gone(exchange.executor());
    const auto registration = exchange.gone().on_cancel([&] { gone.notify(); });
    begun.count_down();
    co_await gone.wait();
    EXPECT_EQ(exchange.gone().why().reason, Reason::cancelled);
    EXPECT_FALSE((co_await exchange.read_body(10)).has_value());
    ended.count_down();
  });
  RawClient client(harness.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  begun.wait();
  client.close();
  ended.wait();
}

TEST(HttpServer, AnswersForAHandlerThatDoesNot) {
  Harness harness([](Exchange&) -> Awaitable<> { co_return; });
  RawClient client(harness.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST(HttpServer, WhatLeavesAHandlerEndsItsExchangeOnly) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    const std::string_view path = exchange.head().path();
    if (path == "/begun") (void)co_await exchange.start({});
    if (path == "/memory" || path == "/begun")
      std::rethrow_exception(std::make_exception_ptr(std::bad_alloc()));
    if (path == "/bug") (void)std::vector<int>().at(7);
    (void)exchange.respond({}, "fine");
  });
  const auto get = [&](std::string_view path) {
    RawClient client(harness.port());
    client.send(
        std::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\nGET /fine HTTP/1.1\r\nHost: a\r\n"
                    "Connection: close\r\n\r\n",
                    path));
    return client.read_all();
  };
  const std::string starved = get("/memory");
  EXPECT_TRUE(starved.starts_with("HTTP/1.1 503 ")) << starved;
  EXPECT_TRUE(starved.contains("Retry-After: 1\r\n")) << starved;
  EXPECT_TRUE(starved.ends_with("fine")) << starved;
  EXPECT_TRUE(get("/bug").starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(get("/bug").ends_with("fine"));
  // An answer that was begun is cut off: nobody may take it for whole.
  EXPECT_FALSE(get("/begun").contains("0\r\n\r\n"));
  EXPECT_TRUE(get("/fine").ends_with("fine"));
}

TEST(HttpServer, MakesRoomForNewConnections) {
  ServerLimits limits;
  limits.connections_max = 2;
  std::latch busy(2);
  std::atomic<bool> open = false;
  Harness harness(
      [&](Exchange& exchange) -> Awaitable<> {
        if (exchange.head().path() == "/wait") {
          busy.count_down();
          while (!open) co_await sleep_for(Milliseconds(1), exchange.gone());
        }
        (void)exchange.respond({}, "ok");
      },
      limits);
  RawClient oldest(harness.port());
  oldest.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  oldest.read_until("ok");
  RawClient first(harness.port());
  first.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient second(harness.port());
  second.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(oldest.read_all(), "");
  busy.wait();
  RawClient refused(harness.port());
  EXPECT_TRUE(refused.read_all().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  open = true;
  EXPECT_TRUE(first.read_until("ok").ends_with("ok"));
}

TEST(HttpServer, DrainsLettingExchangesEnd) {
  std::latch begun(1);
  std::atomic<bool> open = false;
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    if (exchange.head().path() == "/wait") {
      begun.count_down();
      while (!open) co_await sleep_for(Milliseconds(1), {});
    }
    (void)exchange.respond({}, "ok");
  });
  RawClient idle(harness.port());
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.read_until("ok");
  RawClient busy(harness.port());
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  begun.wait();
  std::thread drain([&] { harness.server().drain(Milliseconds(5'000)); });
  EXPECT_EQ(idle.read_all(), "");
  open = true;
  EXPECT_TRUE(busy.read_all().contains("Connection: close\r\n"));
  drain.join();
  EXPECT_EQ(harness.server().connections(), 0U);
}

TEST(HttpServer, DrainCancelsWhatDoesNotEnd) {
  std::latch begun(1);
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    Signal gone(exchange.executor());
    const auto registration = exchange.gone().on_cancel([&] { gone.notify(); });
    begun.count_down();
    co_await gone.wait();
    EXPECT_EQ(exchange.gone().why().reason, Reason::unavailable);
    wire::ResponseHead head;
    head.status = 503;
    (void)exchange.respond(std::move(head), "");
  });
  RawClient client(harness.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  begun.wait();
  harness.server().drain(Milliseconds(10));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 503 "));
}

TEST(HttpServer, ListensOnAUnixSocketOfItsOwn) {
  const auto path =
      std::filesystem::temp_directory_path() / std::format("weft-net-test-{}.sock", ::getpid());
  ListenAddress address;
  address.unix_path = path;
  {
    Harness harness(
        [](Exchange& exchange) -> Awaitable<> {
          (void)exchange.respond(
              {}, std::string(exchange.peer()) + (exchange.over_unix_socket() ? " yes" : " no"));
          co_return;
        },
        {}, 1, {}, address);
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    RawClient client(path.string());
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.read_all().ends_with("unix yes"));
    Loops loops(1);
    const auto second = HttpServer::create(loops, address, {}, {}, echo);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().message,
              std::format("another process listens on `{}`; stop it first", path.string()));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  // A socket that nobody listens on any more is taken over.
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.string().copy(name.sun_path, sizeof(name.sun_path) - 1);
  ASSERT_EQ(::bind(dead, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ::close(dead);
  Loops loops(1);
  EXPECT_TRUE(HttpServer::create(loops, address, {}, {}, echo).has_value());
}

TEST(HttpServer, WhoHandsOnWhatOthersAskHasNoMoreRightsThanThey) {
  const auto path =
      std::filesystem::temp_directory_path() / std::format("weft-net-door-{}.sock", ::getpid());
  ListenAddress address;
  address.unix_path = path;
  address.hands_on = true;
  Harness harness(
      [](Exchange& exchange) -> Awaitable<> {
        (void)exchange.respond({}, exchange.over_unix_socket() ? "yes" : "no");
        co_return;
      },
      {}, 1, {}, address);
  RawClient client(path.string());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("no"));
}

TEST(HttpServer, SaysWhyItCannotListen) {
  Harness harness(echo);
  Loops loops(1);
  ListenAddress taken;
  taken.host = "127.0.0.1";
  taken.port = harness.port();
  const auto second = HttpServer::create(loops, taken, {}, {}, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().message,
            std::format("cannot listen on 127.0.0.1:{}: another program listens there; stop it "
                        "or choose another port",
                        harness.port()));
  ListenAddress elsewhere;
  elsewhere.host = "192.0.2.1";
  const auto none = HttpServer::create(loops, elsewhere, {}, {}, echo);
  ASSERT_FALSE(none.has_value());
  EXPECT_TRUE(none.error().message.contains("this machine has no such address"));
}

}  // namespace
}  // namespace weft::net
