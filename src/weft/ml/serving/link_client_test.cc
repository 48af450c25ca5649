#include "weft/ml/serving/link_client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <format>
#include <map>
#include <set>

#include "weft/base/testing/run.h"
#include "weft/ml/serving/testing.h"

namespace weft::ml {
namespace {

using ml::testing::Asked;
using ml::testing::FakeProgram;
using ml::testing::SocketLink;
using Reply = Result<InvocationReply>;

SteadyTime in_ms(int ms) { return std::chrono::steady_clock::now() + Milliseconds(ms); }

/// A worker and the hub's end of its link, on one loop that the test turns.
struct Pair {
  boost::asio::io_context loop;
  std::unique_ptr<FakeProgram> program;
  std::shared_ptr<WorkerLoad> load = std::make_shared<WorkerLoad>(2);
  std::shared_ptr<LinkClient> link;
  SocketLink* socket = nullptr;
  int lost = 0;
  std::string hangs;
  std::map<std::string, std::optional<Reply>> replies;  ///< outlive who waits for them

  explicit Pair(FakeProgram::Script script = {}, bool wait = true,
                Milliseconds pulse = kWorkerPulse, Milliseconds silent = kWorkerSilentMax) {
    program = std::make_unique<FakeProgram>(loop.get_executor(), std::move(script), 0, 1);
    auto made =
        std::make_unique<SocketLink>(loop.get_executor(), std::exchange(program->hub_ends[0], -1));
    socket = made.get();
    link = std::make_shared<LinkClient>(LinkClient::Parts{.executor = loop.get_executor(),
                                                          .loop = 0,
                                                          .link = std::move(made),
                                                          .load = load,
                                                          .log_stream = "V/i-1",
                                                          .lost =
                                                              [this](std::string why) {
                                                                ++lost;
                                                                hangs = std::move(why);
                                                              },
                                                          .pulse = pulse,
                                                          .silent_max = silent});
    if (!wait) return;
    EXPECT_TRUE(ready().has_value());
  }
  ~Pair() {
    link->close(make_error(Reason::unavailable, "the test ends"));
    program->die({});
    link.reset();
    loop.restart();
    loop.run();
  }
  Result<std::string> ready(int ms = 5'000) {
    std::optional<Result<std::string>> out;
    weft::testing::start(loop, weft::testing::keep(link->ready(in_ms(ms)), out));
    turn([&] { return out.has_value(); });
    return *out;
  }
  void turn(const std::function<bool()>& until) {
    loop.restart();
    const auto guard = boost::asio::make_work_guard(loop);
    while (!until()) loop.run_one_for(Milliseconds(50));
  }
};

/// Asks as the front does.
Awaitable<> ask(std::shared_ptr<LinkClient> link, std::string body, SteadyTime deadline,
                CancelToken cancel, std::optional<Reply>& out) {
  LinkCall call;
  const Invocation invocation{.type = "text/csv", .accept = "a/b", .attributes = "c", .body = body};
  auto sent = call.send(*link, invocation, deadline, cancel, /*pieces=*/false);
  if (!sent) {
    out = fail(std::move(sent).error());
    co_return;
  }
  co_await call.wait();
  out = call.result();
}

struct Client {
  Pair& pair;
  void start(const std::string& body, SteadyTime deadline = in_ms(60'000),
             CancelToken cancel = {}) {
    weft::testing::start(pair.loop,
                         ask(pair.link, body, deadline, std::move(cancel), pair.replies[body]));
  }
  Reply& wait(const std::string& body) {
    pair.turn([&] { return pair.replies[body].has_value(); });
    return *pair.replies[body];
  }
};

TEST(LinkClient, AnswersFindTheirRequests) {
  std::vector<Asked> held;
  Pair pair({.answer = [&](FakeProgram&, const Asked& asked) { held.push_back(asked); }});
  Client client{pair};
  for (int i = 0; i < 500; ++i) client.start(std::to_string(i));
  pair.turn([&] { return held.size() == 500; });
  EXPECT_EQ(held[3].type, "text/csv");
  EXPECT_EQ(held[3].accept, "a/b");
  EXPECT_EQ(held[3].attributes, "c");
  EXPECT_EQ(held[3].kind, wire::WorkerFrameKind::invoke);
  EXPECT_EQ(pair.load->all(), 500U);
  // The last first.
  for (auto at = held.rbegin(); at != held.rend(); ++at)
    pair.program->reply(*at, "to " + at->body, at->body == "7" ? 418 : 200);
  for (int i = 0; i < 500; ++i) {
    const Reply& reply = client.wait(std::to_string(i));
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->body, std::format("to {}", i));
    EXPECT_EQ(reply->status, i == 7 ? 418 : 200);
    EXPECT_EQ(reply->log_stream, i == 7 ? "V/i-1" : "") << "an error names its log";
  }
  EXPECT_EQ(pair.load->all(), 0U);
}

TEST(LinkClient, OneTurnOneWrite) {
  Pair pair;
  Client client{pair};
  const std::size_t before = pair.socket->sends();
  // All of them ask before the loop turns.
  for (int i = 0; i < 16; ++i) client.start(std::to_string(i));
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(client.wait(std::to_string(i)).has_value());
  EXPECT_EQ(pair.socket->sends() - before, 1U);
}

TEST(LinkClient, IdsAreNotUsedAgainSoon) {
  // One stays while a thousand come and go.
  std::optional<Asked> first;
  std::set<std::uint32_t> ids;
  Pair pair({.answer = [&](FakeProgram& program, const Asked& asked) {
    ids.insert(asked.id);
    if (asked.body == "stays") {
      first = asked;
    } else {
      program.reply(asked, asked.body);
    }
  }});
  Client client{pair};
  client.start("stays");
  for (int i = 0; i < 1'000; ++i) {
    client.start(std::to_string(i));
    ASSERT_EQ(client.wait(std::to_string(i))->body, std::to_string(i));
  }
  EXPECT_EQ(ids.size(), 1'001U);
  pair.program->reply(*first, "at last");
  EXPECT_EQ(client.wait("stays")->body, "at last");
}

TEST(LinkClient, WhoGoesAwayIsTakenBack) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}});
  Client client{pair};
  CancelSource cancel;
  client.start("x", in_ms(60'000), cancel.token());
  pair.turn([&] { return pair.program->asked.size() == 1; });
  cancel.cancel(make_error(Reason::cancelled, "the caller went away"));
  EXPECT_EQ(client.wait("x").error().reason, Reason::cancelled);
  pair.turn([&] { return pair.program->cancelled.size() == 1; });
  EXPECT_EQ(pair.program->cancelled[0], pair.program->asked[0].id);
  EXPECT_EQ(pair.load->all(), 0U);
  // The answer that comes all the same finds nobody, nor another's request.
  pair.program->reply(pair.program->asked[0], "late");
  client.start("y");
  pair.turn([&] { return pair.program->asked.size() == 2; });
  pair.program->reply(pair.program->asked[1], "in time");
  EXPECT_EQ(client.wait("y")->body, "in time");
  // Already cancelled: nothing is sent.
  client.start("z", in_ms(60'000), cancel.token());
  EXPECT_EQ(client.wait("z").error().reason, Reason::cancelled);
  EXPECT_EQ(pair.program->asked.size(), 2U);
}

TEST(LinkClient, DeadlinesHold) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}});
  Client client{pair};
  client.start("later", in_ms(400));
  client.start("sooner", in_ms(50));
  client.start("never", in_ms(600'000));
  EXPECT_EQ(client.wait("sooner").error().reason, Reason::deadline);
  EXPECT_FALSE(pair.replies["later"].has_value());
  EXPECT_EQ(client.wait("later").error().reason, Reason::deadline);
  EXPECT_FALSE(pair.replies["never"].has_value());
  pair.turn([&] { return pair.program->cancelled.size() == 2; });
  EXPECT_EQ(pair.link->running(), 1U);
  pair.program->reply(pair.program->asked[2], "it is fine");
  EXPECT_EQ(client.wait("never")->body, "it is fine");
}

TEST(LinkClient, TheEndOfAProgramEndsItsRequests) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}});
  Client client{pair};
  client.start("a");
  client.start("b");
  pair.turn([&] { return pair.program->asked.size() == 2; });
  pair.program->die({.exit_code = -1, .signal = 11});
  pair.turn([&] { return pair.lost == 1; });
  EXPECT_FALSE(pair.link->usable());
  EXPECT_FALSE(pair.replies["a"].has_value()) << "they wait for word of how it ended";
  pair.link->close(make_error(Reason::solution_failed, "signal 11"));
  EXPECT_EQ(client.wait("a").error().message, "signal 11");
  EXPECT_EQ(client.wait("b").error().message, "signal 11");
  client.start("c");
  EXPECT_EQ(client.wait("c").error().reason, Reason::unavailable);
}

/// A request that nobody waits for any more has the worker hanging just the same.
TEST(LinkClient, AWorkerThatHangsIsGivenUp) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}}, true, Milliseconds(10),
            Milliseconds(100));
  pair.program->hangs = true;
  Client client{pair};
  CancelSource cancel;
  client.start("a", in_ms(60'000), cancel.token());
  pair.turn([&] { return pair.program->asked.size() == 1; });
  cancel.cancel(make_error(Reason::cancelled, "the caller went away"));
  EXPECT_EQ(client.wait("a").error().reason, Reason::cancelled);
  pair.turn([&] { return pair.lost == 1; });
  EXPECT_TRUE(pair.hangs.contains("had said nothing for")) << pair.hangs;
  EXPECT_FALSE(pair.link->usable());
  EXPECT_GT(pair.program->pings, 1U);
}

TEST(LinkClient, WhoeverWaitsForAWorkerThatHangsIsToldSo) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}}, true, Milliseconds(10),
            Milliseconds(100));
  pair.program->hangs = true;
  Client client{pair};
  client.start("first", in_ms(20));
  EXPECT_EQ(client.wait("first").error().reason, Reason::deadline);
  // It has come after the ping, and its time is no reason to wait.
  pair.turn([&] { return pair.program->pings > 0; });
  client.start("second");
  const Reply& second = client.wait("second");
  EXPECT_EQ(second.error().reason, Reason::solution_failed);
  EXPECT_EQ(second.error().message, pair.hangs);
}

TEST(LinkClient, AWorkerAtWorkIsLeftAlone) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}}, true, Milliseconds(10),
            Milliseconds(50));
  Client client{pair};
  // It answers pings.
  client.start("a");
  pair.turn([&] { return pair.program->pings > 10; });
  EXPECT_EQ(pair.lost, 0);
  // It does not, and whoever asked has given it the time.
  pair.program->hangs = true;
  const std::size_t before = pair.program->pings;
  pair.turn([&] { return pair.program->pings > before + 20; });
  EXPECT_EQ(pair.lost, 0);
  pair.program->reply(pair.program->asked[0], "at last");
  EXPECT_EQ(client.wait("a")->body, "at last");
}

TEST(LinkClient, AnotherLoopsLongRequestCounts) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}}, true, Milliseconds(10),
            Milliseconds(50));
  pair.program->hangs = true;
  const SteadyTime until = in_ms(300);
  pair.load->wait_until(1, until);
  Client client{pair};
  client.start("a", in_ms(5));
  EXPECT_EQ(client.wait("a").error().reason, Reason::deadline);
  pair.turn([&] { return pair.lost == 1; });
  EXPECT_GE(std::chrono::steady_clock::now(), until);
}

TEST(LinkClient, OneThatIsIdleIsNotPinged) {
  Pair pair({}, true, Milliseconds(150), Milliseconds(50));
  Client client{pair};
  client.start("a");
  EXPECT_TRUE(client.wait("a").has_value());
  const SteadyTime until = in_ms(500);
  pair.turn([&] { return std::chrono::steady_clock::now() > until; });
  EXPECT_EQ(pair.program->pings, 0U);
}

TEST(LinkClient, WithoutWordTheyEndAllTheSame) {
  Pair pair({.answer = [](FakeProgram& program, const Asked&) { program.die({}); }});
  Client client{pair};
  client.start("a");
  EXPECT_EQ(client.wait("a").error().message,
            "the connection to the model's program ended; its log stream: V/i-1");
}

TEST(LinkClient, WhatBreaksTheFormatEndsIt) {
  Pair pair({.answer = [](FakeProgram& program, const Asked&) {
    program.send_raw(0, std::string_view("\xff\xff\xff\xff", 4));
  }});
  Client client{pair};
  client.start("a");
  const Reply& reply = client.wait("a");
  EXPECT_EQ(reply.error().reason, Reason::solution_failed);
  EXPECT_TRUE(reply.error().message.contains("4294967295 bytes")) << reply.error().message;
  EXPECT_EQ(pair.lost, 1);
}

TEST(LinkClient, NotReady) {
  Pair refused({.refusal = "xgboost-model: no model"}, /*wait=*/false);
  EXPECT_EQ(refused.ready().error().message, "xgboost-model: no model");
  Pair silent({.ready = false}, /*wait=*/false);
  EXPECT_EQ(silent.ready(30).error().reason, Reason::deadline);
  Pair gone({.ready = false}, /*wait=*/false);
  gone.program->die({});
  const auto ended = gone.ready();
  EXPECT_EQ(ended.error().reason, Reason::solution_failed);
  EXPECT_EQ(ended.error().message, "");
}

TEST(LinkClient, BoundsOfRequests) {
  Pair pair({.answer = [](FakeProgram&, const Asked&) {}});
  LinkCall large;
  const std::string body(kWorkerFrameBytesMax, 'x');
  const auto refused = large.send(*pair.link, {.body = body}, in_ms(1'000), {}, false);
  EXPECT_EQ(refused.error().reason, Reason::too_large);
  std::vector<std::unique_ptr<LinkCall>> calls;
  for (std::size_t i = 0; i < kCallsPerLinkMax; ++i) {
    calls.push_back(std::make_unique<LinkCall>());
    ASSERT_TRUE(calls.back()->send(*pair.link, {}, in_ms(60'000), {}, false).has_value());
  }
  LinkCall more;
  EXPECT_EQ(more.send(*pair.link, {}, in_ms(1'000), {}, false).error().reason,
            Reason::rate_limited);
  calls.clear();
  EXPECT_EQ(pair.link->running(), 0U) << "they are taken back";
}

TEST(LinkClient, LargeAnswers) {
  Pair pair;
  Client client{pair};
  const std::string large(9'000'000, 'y');
  client.start(large);
  client.start("small");
  EXPECT_EQ(client.wait(large)->body, large + "@0");
  EXPECT_EQ(client.wait("small")->body, "small@0");
  client.start("behind");
  EXPECT_EQ(client.wait("behind")->body, "behind@0");
}

/// Takes pieces when the test says so.
struct Taker {
  Pair& pair;
  std::vector<std::string> pieces;
  std::optional<Reply> reply;
  bool open = true;
  Signal opened{pair.loop.get_executor()};

  Awaitable<> run() {
    LinkCall call;
    auto sent = call.send(*pair.link, {.body = "go"}, in_ms(60'000), {}, /*pieces=*/true);
    WEFT_ASSERT(sent.has_value());
    while (true) {
      while (call.has_piece()) {
        while (!open) co_await opened.wait();
        pieces.push_back(call.take_piece().body);
      }
      if (call.done()) break;
      co_await call.wait();
    }
    reply = call.result();
  }
};

TEST(LinkClient, PiecesInTheirOrder) {
  Pair pair({.answer = [](FakeProgram& program, const Asked& asked) {
    for (const char* each : {"a", "b", "c"}) program.part(asked, each);
    program.reply(asked, "d");
  }});
  Taker taker{pair};
  weft::testing::start(pair.loop, taker.run());
  pair.turn([&] { return taker.reply.has_value(); });
  EXPECT_EQ(taker.pieces, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ((*taker.reply)->body, "d");
  // Who asks for the whole gets the whole.
  Client client{pair};
  client.start("x");
  EXPECT_EQ(client.wait("x")->body, "abcd");
}

TEST(LinkClient, ASlowReaderHoldsUpNobody) {
  std::optional<Asked> stream;
  Pair pair({.answer = [&](FakeProgram& program, const Asked& asked) {
    if (asked.body != "go") return program.reply(asked, "answer");
    stream = asked;
    for (int i = 0; i < 100; ++i) program.part(asked, std::to_string(i));
  }});
  Taker taker{pair};
  taker.open = false;
  weft::testing::start(pair.loop, taker.run());
  Client client{pair};
  client.start("other");
  EXPECT_EQ(client.wait("other")->body, "answer");
  EXPECT_TRUE(taker.pieces.empty());
  taker.open = true;
  taker.opened.notify();
  pair.program->reply(*stream, "");
  pair.turn([&] { return taker.reply.has_value(); });
  EXPECT_EQ(taker.pieces.size(), 100U);
  EXPECT_EQ(taker.pieces.back(), "99");
}

TEST(LinkClient, WhatNobodyReadsIsBrokenOff) {
  const std::string mebi(1 << 20, 'p');
  Pair pair({.answer = [&](FakeProgram& program, const Asked& asked) {
    for (int i = 0; i < 20; ++i) program.part(asked, mebi);
  }});
  Taker taker{pair};
  taker.open = false;
  weft::testing::start(pair.loop, taker.run());
  pair.turn([&] { return !pair.program->cancelled.empty(); });
  taker.open = true;
  taker.opened.notify();
  pair.turn([&] { return taker.reply.has_value(); });
  EXPECT_EQ(taker.reply->error().reason, Reason::too_large);
  EXPECT_EQ(taker.pieces.size(), kPiecesBytesMax / mebi.size());
  EXPECT_EQ(pair.link->running(), 0U);
}

TEST(LinkClient, IdleWhenTheLastIsAnswered) {
  std::optional<Asked> held;
  Pair pair({.answer = [&](FakeProgram&, const Asked& asked) { held = asked; }});
  Client client{pair};
  client.start("x");
  pair.turn([&] { return held.has_value(); });
  bool idle = false;
  const auto wait = [](LinkClient& link, SteadyTime until, bool& out) -> Awaitable<> {
    co_await link.idle(until);
    out = true;
  };
  weft::testing::start(pair.loop, wait(*pair.link, in_ms(60'000), idle));
  for (int i = 0; i < 5; ++i) pair.loop.run_one_for(Milliseconds(1));
  EXPECT_FALSE(idle);
  bool late = false;
  pair.program->reply(*held, "");
  pair.turn([&] { return idle; });
  client.start("y");
  weft::testing::start(pair.loop, wait(*pair.link, in_ms(20), late));
  pair.turn([&] { return late; });
  EXPECT_EQ(pair.link->running(), 1U);
}

}  // namespace
}  // namespace weft::ml
