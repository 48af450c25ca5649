// The server and the client against each other, over real sockets.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <format>
#include <latch>
#include <thread>

#include "weft/base/task_group.h"
#include "weft/base/timers.h"
#include "weft/net/http_client.h"
#include "weft/net/http_server.h"
#include "weft/net/listener.h"
#include "weft/net/testing.h"
#include "weft/wire/sse.h"

namespace weft::net {
namespace {

using testing::Harness;

wire::ResponseHead ok_head() {
  wire::ResponseHead head;
  head.headers.add("Content-Type", "text/plain");
  return head;
}

TEST(Http, RoundTripKeepsTheConnection) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    auto body = co_await exchange.read_body(1 << 20);
    std::string text =
        exchange.head().method + " " + exchange.head().target + " " + body.value_or("?");
    (void)exchange.respond(ok_head(), std::move(text));
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (int i = 0; i < 3; ++i) {
      ClientRequest request = harness.request("/a?b=c");
      request.method = "POST";
      request.body = "hello";
      auto response = co_await client->send(std::move(request), {});
      EXPECT_TRUE(response.has_value()) << response.error().message;
      if (!response) co_return;
      EXPECT_EQ((*response)->head().status, 200);
      EXPECT_EQ((*response)->head().headers.get("content-type"), "text/plain");
      auto body = co_await (*response)->read_all(1000);
      EXPECT_EQ(body.value_or("failed"), "POST /a?b=c hello");
      EXPECT_EQ(client->idle_connections(), 1U);
    }
    EXPECT_EQ(harness.server().connections(), 1U);
  });
}

Awaitable<Result<std::string>> fetch(HttpClient& client, ClientRequest request,
                                     CancelToken cancel = {}) {
  WEFT_CO_TRY(auto response, co_await client.send(std::move(request), std::move(cancel)));
  co_return co_await response->read_all(64 << 20);
}

Awaitable<> echo(Exchange& exchange) {
  auto body = co_await exchange.read_body(64 << 20);
  (void)exchange.respond({}, body.value_or("failed"));
}

TEST(Http, AnAnswerThatIsHereIsReadInPlace) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    if (exchange.head().path() == "/stream") {
      EXPECT_TRUE(co_await exchange.start({}));
      EXPECT_TRUE(co_await exchange.write("piece"));
      (void)co_await exchange.finish();
      co_return;
    }
    const bool large = exchange.head().path() == "/large";
    (void)exchange.respond({}, large ? std::string(1 << 20, 'x') : "in place");
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (int i = 0; i < 3; ++i) {
      auto response = co_await client->send(harness.request("/"), {});
      EXPECT_TRUE(response.has_value());
      if (!response) co_return;
      EXPECT_EQ((*response)->body_at_hand().value_or("?"), "in place");
      EXPECT_FALSE((*response)->body_at_hand().has_value());
      EXPECT_EQ(client->idle_connections(), 0U);
      response->reset();
      EXPECT_EQ(client->idle_connections(), 1U);
    }
    // What is not here as a whole is read as ever.
    for (const std::string path : {"/stream", "/large"}) {
      auto response = co_await client->send(harness.request(path), {});
      EXPECT_TRUE(response.has_value());
      if (!response) co_return;
      EXPECT_FALSE((*response)->body_at_hand().has_value());
      const auto body = co_await (*response)->read_all(2 << 20);
      EXPECT_EQ(body.value_or("").size(), path == "/stream" ? 5U : 1U << 20);
    }
    EXPECT_EQ(harness.server().connections(), 1U);
  });
}

TEST(Http, WhoKnowsTheLengthNeedNotAskForTheEnd) {
  Harness harness(echo);
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (int i = 0; i < 3; ++i) {
      ClientRequest request = harness.request("/");
      request.method = "POST";
      request.body = "hello";
      auto response = co_await client->send(std::move(request), {});
      EXPECT_TRUE(response.has_value()) << response.error().message;
      if (!response) co_return;
      const auto piece = co_await (*response)->read_some();
      EXPECT_EQ(piece.value_or("failed"), "hello");
      response->reset();
      EXPECT_EQ(client->idle_connections(), 1U);
    }
    EXPECT_EQ(harness.server().connections(), 1U);
  });
}

TEST(Http, LargeBodiesGoBothWays) {
  Harness harness(echo);
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    ClientRequest request = harness.request("/");
    request.method = "POST";
    request.body.resize(8 << 20);
    for (std::size_t i = 0; i < request.body.size(); ++i)
      request.body[i] = static_cast<char>(i * 31 % 251);
    const std::string expected = request.body;
    EXPECT_TRUE((co_await fetch(*client, std::move(request))).value_or("?") == expected);
  });
}

TEST(Http, BodiesAreStreamedBothWays) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    EXPECT_EQ(exchange.head().chunked, exchange.head().path() == "/chunked");
    (void)co_await exchange.start({});
    while (true) {
      const auto piece = co_await exchange.read_some();
      EXPECT_TRUE(piece.has_value());
      if (!piece || piece->empty()) break;
      const std::string copy(*piece);
      (void)co_await exchange.write(copy);
    }
    (void)co_await exchange.finish();
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (const bool chunked : {true, false}) {
      ClientRequest request = harness.request(chunked ? "/chunked" : "/length");
      request.method = "PUT";
      std::string all;
      int pieces = 0;
      std::string piece;
      if (!chunked) request.headers.add("Content-Length", std::to_string(100 * 10'000));
      HttpClient::BodySource source = [&]() -> Awaitable<Result<std::string_view>> {
        piece = pieces++ < 100 ? std::string(10'000, static_cast<char>('a' + pieces % 26)) : "";
        all += piece;
        co_return std::string_view(piece);
      };
      auto response = co_await client->send_streaming(std::move(request), std::move(source), {});
      EXPECT_TRUE(response.has_value());
      if (!response) co_return;
      const auto body = co_await (*response)->read_all(2 << 20);
      EXPECT_TRUE(body.value_or("?") == all);
      // The server answers a long body that it has not read yet with the intent to close.
      EXPECT_EQ(client->idle_connections(), chunked ? 1U : 0U);
    }
  });
}

TEST(Http, AnEarlyAnswerEndsTheUpload) {
  Harness harness([](Exchange& exchange) -> Awaitable<> {
    wire::ResponseHead head;
    head.status = 413;
    (void)exchange.respond(std::move(head), "too much");
    co_return;
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    ClientRequest request = harness.request("/");
    request.method = "POST";
    const std::string piece(64 * 1024, 'x');
    HttpClient::BodySource source = [&]() -> Awaitable<Result<std::string_view>> {
      co_return std::string_view(piece);
    };
    auto response = co_await client->send_streaming(std::move(request), std::move(source), {});
    EXPECT_TRUE(response.has_value()) << response.error().message;
    if (!response) co_return;
    EXPECT_EQ((*response)->head().status, 413);
    EXPECT_EQ((co_await (*response)->read_all(100)).value_or("?"), "too much");
    response->reset();
    EXPECT_EQ(client->idle_connections(), 0U);
  });
}

TEST(Http, EventsArriveOneByOne) {
  // The server goes on only when the client has seen the event before.
  std::atomic<int> seen = 0;
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    wire::ResponseHead head;
    head.headers.add("Content-Type", "text/event-stream");
    (void)co_await exchange.start(std::move(head));
    for (int i = 0; i < 5; ++i) {
      while (seen < i) co_await sleep_for(Milliseconds(1), exchange.gone());
      std::string event;
      wire::write_sse_data(event, std::to_string(i));
      (void)co_await exchange.write(event);
    }
    (void)co_await exchange.finish();
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    ClientRequest request = harness.request("/");
    request.idle_timeout = Milliseconds(5'000);
    auto response = co_await client->send(std::move(request), {});
    EXPECT_TRUE(response.has_value());
    if (!response) co_return;
    wire::SseReader reader(1000);
    while (true) {
      const auto piece = co_await (*response)->read_some();
      EXPECT_TRUE(piece.has_value());
      if (!piece || piece->empty()) break;
      EXPECT_TRUE(reader.feed(*piece).has_value());
      while (const auto event = reader.next()) {
        EXPECT_EQ(event->data, std::to_string(seen));
        ++seen;
      }
    }
    EXPECT_EQ(seen, 5);
    EXPECT_EQ(client->idle_connections(), 1U);
  });
}

TEST(Http, ManyRequestsAtOnce) {
  Harness harness(echo, {}, 2);
  harness.run([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits;
    limits.connections_per_origin_max = 8;
    auto client = HttpClient::create(loop, limits);
    TaskGroup group(loop.executor());
    int done = 0;
    for (int i = 0; i < 100; ++i) {
      group.spawn([](Harness& at, HttpClient& through, int number, int& count) -> Awaitable<> {
        ClientRequest request = at.request("/");
        request.method = "POST";
        request.body = std::to_string(number);
        EXPECT_EQ((co_await fetch(through, std::move(request))).value_or("?"),
                  std::to_string(number));
        ++count;
      }(harness, *client, i, done));
    }
    while (done < 100) co_await sleep_for(Milliseconds(1), {});
    co_await group.join();
    EXPECT_LE(harness.server().connections(), 8U);
  });
}

TEST(Http, CancellingFreesTheUpstream) {
  std::latch gone(2);
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    Signal signal(exchange.executor());
    const auto registration = exchange.gone().on_cancel([&] { signal.notify(); });
    if (exchange.head().path() == "/stream") {
      (void)co_await exchange.start({});
      (void)co_await exchange.write("begun");
    }
    co_await signal.wait();
    gone.count_down();
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    CancelSource cancel;
    Timer timer = run_after(loop.executor(), Milliseconds(20),
                            [&] { cancel.cancel(make_error(Reason::cancelled, "enough")); });
    const auto waited = co_await fetch(*client, harness.request("/wait"), cancel.token());
    EXPECT_FALSE(waited.has_value());
    EXPECT_EQ(waited.error().message, "enough");
    // Already cancelled: nothing is sent.
    EXPECT_FALSE((co_await fetch(*client, harness.request("/wait"), cancel.token())).has_value());
    // Dropping the response in the middle of its body does the same.
    auto response = co_await client->send(harness.request("/stream"), {});
    EXPECT_TRUE(response.has_value());
    EXPECT_EQ((co_await (*response)->read_some()).value_or("?"), "begun");
    response->reset();
    EXPECT_EQ(client->idle_connections(), 0U);
    gone.wait();
  });
}

TEST(Http, DeadlinesAreKept) {
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    if (exchange.head().path() == "/stream") {
      (void)co_await exchange.start({});
      (void)co_await exchange.write("begun");
    }
    Signal signal(exchange.executor());
    const auto registration = exchange.gone().on_cancel([&] { signal.notify(); });
    co_await signal.wait();
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (const char* path : {"/wait", "/stream"}) {
      ClientRequest request = harness.request(path);
      request.deadline = std::chrono::steady_clock::now() + Milliseconds(40);
      const auto late = co_await fetch(*client, std::move(request));
      EXPECT_FALSE(late.has_value());
      EXPECT_EQ(late.error().reason, Reason::deadline);
    }
    ClientRequest stream = harness.request("/stream");
    stream.idle_timeout = Milliseconds(40);
    EXPECT_EQ((co_await fetch(*client, std::move(stream))).error().reason, Reason::deadline);
  });
}

/// A server of raw bytes: each accepted connection gets the next answer once the first bytes of a
/// request came, and is then closed, or kept as it is until the end.
class Canned {
 public:
  enum class After : std::uint8_t { close, keep, reset };
  explicit Canned(std::vector<std::string> answers, After after = After::close)
      : socket_(listen_on({.host = "127.0.0.1"}).value()),
        thread_([this, answers = std::move(answers), after] {
          ::fcntl(socket_.fd, F_SETFL, 0);
          for (const std::string& answer : answers) {
            const int fd = ::accept(socket_.fd, nullptr, nullptr);
            if (fd < 0) return;
            ++accepted;
            std::array<char, 4096> request{};
            (void)!::read(fd, request.data(), request.size());
            (void)!::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
            // Closing without waiting for what was sent resets the connection.
            const linger at_once{1, 0};
            if (after == After::reset)
              ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
            if (after == After::keep) {
              kept_.push_back(fd);
            } else {
              ::close(fd);
            }
          }
        }) {}
  ~Canned() {
    ::shutdown(socket_.fd, SHUT_RDWR);
    thread_.join();
    for (const int fd : kept_) ::close(fd);
    ::close(socket_.fd);
  }
  ClientRequest request() const {
    ClientRequest out;
    out.origin.url = parse_url(std::format("http://127.0.0.1:{}/", socket_.port)).value();
    out.origin.egress = Egress::open;
    out.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    return out;
  }
  std::atomic<int> accepted = 0;

 private:
  ListenSocket socket_;
  std::vector<int> kept_;
  std::thread thread_;
};

Error failure_of(const std::string& answer) {
  Canned server({answer});
  Error error;
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    auto body = co_await fetch(*client, server.request());
    EXPECT_FALSE(body.has_value()) << answer;
    if (!body) error = body.error();
  });
  return error;
}

TEST(HttpClient, NamesWhatIsWrongWithTheOtherSide) {
  EXPECT_EQ(failure_of("").reason, Reason::unavailable);
  EXPECT_TRUE(failure_of("").message.ends_with(": it closed the connection without an answer"));
  EXPECT_EQ(failure_of("SSH-2.0-x\r\n").reason, Reason::upstream_protocol);
  EXPECT_TRUE(failure_of("SSH-2.0-x\r\n").message.starts_with("http://127.0.0.1:"));
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort").reason,
            Reason::unavailable);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").reason,
            Reason::unavailable);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n").reason,
            Reason::upstream_protocol);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n").reason,
            Reason::upstream_protocol);
  EXPECT_EQ(failure_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").reason,
            Reason::too_large);
  run_alone([](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    ClientRequest request;
    request.origin.url = parse_url("http://127.0.0.1:1/").value();
    request.origin.egress = Egress::open;
    const auto refused = co_await fetch(*client, std::move(request));
    EXPECT_EQ(refused.error().message, "http://127.0.0.1:1: cannot connect: Connection refused");
    EXPECT_TRUE(refused.error().retryable);
  });
}

TEST(HttpClient, AResetIsToldAsOne) {
  for (const std::string& answer :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")}) {
    Canned server({answer}, Canned::After::reset);
    run_alone([&](Loop& loop) -> Awaitable<> {
      auto client = HttpClient::create(loop, {});
      const auto body = co_await fetch(*client, server.request());
      EXPECT_FALSE(body) << answer;
      if (body) co_return;
      EXPECT_EQ(body.error().reason, Reason::unavailable);
      EXPECT_TRUE(body.error().message.contains("reset") ||
                  body.error().message.contains("cut off"))
          << body.error().message;
      EXPECT_EQ(client->idle_connections(), 0U);
    });
  }
}

TEST(HttpClient, ReadsBodiesThatEndByClosing) {
  Canned server({"HTTP/1.1 200 OK\r\n\r\nto the end", "HTTP/1.0 200 OK\r\n\r\n"});
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    EXPECT_EQ((co_await fetch(*client, server.request())).value_or("?"), "to the end");
    EXPECT_EQ((co_await fetch(*client, server.request())).value_or("?"), "");
    EXPECT_EQ(client->idle_connections(), 0U);
  });
}

TEST(HttpClient, ALengthOfAnySizeIsNotBelievedBeforeItCame) {
  const std::string body(256 * 1024, 'x');
  for (const char* length : {"18446744073709551615", "18446744073709551552", "9223372036854775807",
                             "32768", "32705", "32704"}) {
    Canned server({std::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", length, body)},
                  Canned::After::keep);
    run_alone([&](Loop& loop) -> Awaitable<> {
      auto client = HttpClient::create(loop, {});
      auto response = co_await client->send(server.request(), {});
      EXPECT_TRUE(response.has_value()) << length;
      if (!response) co_return;
      // The rest of what was sent is there by now.
      co_await sleep_for(Milliseconds(20), {});
      EXPECT_FALSE((*response)->body_at_hand().has_value()) << length;
      EXPECT_EQ((co_await (*response)->read_some()).value_or("?").front(), 'x') << length;
    });
  }
}

/// A port whose queue is full: who connects to it hears nothing.
class FullPort {
 public:
  FullPort() : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    WEFT_ASSERT(::bind(listening_, any, size) == 0 && ::listen(listening_, 0) == 0);
    WEFT_ASSERT(::getsockname(listening_, any, &size) == 0);
    port = ::ntohs(address.sin_port);
    for (int& fd : waiting_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      (void)::connect(fd, any, size);
    }
  }
  ~FullPort() {
    for (const int fd : waiting_) ::close(fd);
    ::close(listening_);
  }
  FullPort(const FullPort&) = delete;
  FullPort& operator=(const FullPort&) = delete;
  std::uint16_t port = 0;

 private:
  int listening_;
  std::array<int, 4> waiting_{};
};

TEST(HttpClient, WhoDoesNotAcceptIsGivenUpLongBeforeTheDeadline) {
  const FullPort full;
  run_alone([&](Loop& loop) -> Awaitable<> {
    ClientLimits limits;
    limits.connect_timeout = Milliseconds(40);
    auto client = HttpClient::create(loop, limits);
    ClientRequest request;
    request.origin.url = parse_url(std::format("http://127.0.0.1:{}/", full.port)).value();
    request.origin.egress = Egress::open;
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto refused = co_await fetch(*client, std::move(request));
    EXPECT_EQ(refused.error_or(Error()).reason, Reason::unavailable);
    EXPECT_TRUE(refused.error_or(Error()).message.ends_with("it did not accept in time"))
        << refused.error_or(Error()).message;
  });
}

TEST(HttpClient, AnAnswerToHalfARequestLeavesNoConnectionBehind) {
  Canned server({"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"},
                Canned::After::keep);
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    ClientRequest request = server.request();
    request.method = "POST";
    request.body.resize(64 << 20);
    auto response = co_await client->send(std::move(request), {});
    EXPECT_TRUE(response.has_value());
    if (!response) co_return;
    EXPECT_EQ((*response)->head().status, 413);
    // The other side would read the next request as the rest of this one.
    EXPECT_EQ(client->idle_connections(), 0U);
    response->reset();
    EXPECT_EQ(client->idle_connections(), 0U);
  });
}

TEST(HttpClient, DropsAnIdleConnectionThatTheOtherSideClosed) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  Canned server({answer, answer});
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (int i = 0; i < 2; ++i) {
      ClientRequest request = server.request();
      request.method = "POST";
      EXPECT_EQ((co_await fetch(*client, std::move(request))).value_or("?"), "ok");
      while (client->idle_connections() > 0) co_await sleep_for(Milliseconds(1), {});
    }
  });
  EXPECT_EQ(server.accepted, 2);
}

TEST(HttpClient, RepeatsOnlyWhatIsSafe) {
  // The first answer keeps the connection; the second request on it is read and the connection
  // closed.
  std::atomic<int> requests = 0;
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    (void)co_await exchange.read_body(1000);
    if (++requests == 2) {
      (void)co_await exchange.start({});  // and nothing more: the connection is cut
      co_return;
    }
    (void)exchange.respond({}, "ok");
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    EXPECT_EQ((co_await fetch(*client, harness.request("/"))).value_or("?"), "ok");
    EXPECT_FALSE((co_await fetch(*client, harness.request("/"))).has_value());
    EXPECT_EQ((co_await fetch(*client, harness.request("/"))).value_or("?"), "ok");
  });
  EXPECT_EQ(requests, 3);
}

TEST(HttpClient, KeepsWithinTheGate) {
  Harness harness(echo);
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    EXPECT_TRUE((co_await fetch(*client, harness.request("/"))).has_value());
    // An open connection is idle now: what is guarded must not get it.
    for (const char* host :
         {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "::1"}) {
      ClientRequest request = harness.request("/");
      request.origin.egress = Egress::guarded;
      request.origin.url.host = host;
      const auto refused = co_await fetch(*client, std::move(request));
      EXPECT_FALSE(refused.has_value()) << host;
      EXPECT_EQ(refused.error().reason, Reason::permission_denied)
          << host << refused.error().message;
    }
    for (const char* host : {"0.0.0.0", "224.0.0.1"}) {
      ClientRequest request = harness.request("/");
      request.origin.url.host = host;
      EXPECT_EQ((co_await fetch(*client, std::move(request))).error().reason,
                Reason::permission_denied)
          << host;
    }
    ClientRequest named = harness.request("/");
    named.origin.url.host = "localhost";
    EXPECT_TRUE((co_await fetch(*client, std::move(named))).has_value());
    ClientRequest unknown = harness.request("/");
    unknown.origin.url.host = "no-such-host.invalid";
    EXPECT_EQ((co_await fetch(*client, std::move(unknown))).error().reason, Reason::unavailable);
  });
}

TEST(HttpClient, FollowsRedirectsWithCare) {
  std::atomic<int> inside = 0;
  Harness other([&](Exchange& exchange) -> Awaitable<> {
    ++inside;
    (void)exchange.respond({}, "inside");
    co_return;
  });
  Harness harness([&](Exchange& exchange) -> Awaitable<> {
    wire::ResponseHead head;
    const std::string_view path = exchange.head().path();
    head.status = 302;
    if (path == "/once") head.headers.add("Location", "/end?x");
    if (path == "/loop") head.headers.add("Location", "loop");
    if (path == "/other")
      head.headers.add("Location", std::format("http://127.0.0.1:{}/", other.port()));
    if (path == "/file") head.headers.add("Location", "file:///etc/passwd");
    for (const int status : {301, 303, 307, 308}) {
      if (path != std::format("/{}", status)) continue;
      head.status = status;
      head.headers.add("Location", "/end");
    }
    if (path == "/end") head.status = 200;
    auto body = co_await exchange.read_body(100);
    (void)exchange.respond(std::move(head),
                           std::format("{} {} {}", exchange.head().method, exchange.head().target,
                                       exchange.head().headers.get("authorization")) +
                               *body);
  });
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    const auto follow = [&](std::string path) -> Awaitable<Result<std::string>> {
      ClientRequest request = harness.request(std::move(path));
      request.method = "POST";
      request.body = "!";
      request.headers.add("Authorization", "secret");
      request.redirects_max = 10;
      co_return co_await fetch(*client, std::move(request));
    };
    const auto once = co_await follow("/once");
    EXPECT_EQ(once.value_or(once ? "" : once.error().message), "GET /end?x secret");
    EXPECT_EQ((co_await follow("/301")).value_or("?"), "GET /end secret");
    EXPECT_EQ((co_await follow("/303")).value_or("?"), "GET /end secret");
    EXPECT_EQ((co_await follow("/307")).value_or("?"), "POST /end secret!");
    EXPECT_EQ((co_await follow("/308")).value_or("?"), "POST /end secret!");
    EXPECT_TRUE(
        (co_await follow("/loop")).error().message.ends_with("redirects more than 5 times"));
    // The other origin was named by an answer, not by the operator: loopback is closed to it.
    EXPECT_EQ((co_await follow("/other")).error().reason, Reason::permission_denied);
    EXPECT_EQ(inside, 0);
    EXPECT_EQ((co_await follow("/file")).error().reason, Reason::invalid_argument);
    auto given = co_await client->send(harness.request("/once"), {});
    EXPECT_EQ((*given)->head().status, 302);
  });
}

TEST(HttpClient, RefusesToSendWhatWouldBeTwoRequests) {
  Harness harness(echo);
  harness.run([&](Loop& loop) -> Awaitable<> {
    auto client = HttpClient::create(loop, {});
    for (const char* target : {"/a b", "/a\r\nX: y", "a", "/a#f"}) {
      EXPECT_EQ((co_await fetch(*client, harness.request(target))).error().reason,
                Reason::invalid_argument)
          << target;
    }
    ClientRequest request = harness.request("/");
    request.headers.add("X", "a\r\nB: c");
    EXPECT_EQ((co_await fetch(*client, std::move(request))).error().reason,
              Reason::invalid_argument);
    ClientRequest method = harness.request("/");
    method.method = "GET /x HTTP/1.1\r\n";
    EXPECT_EQ((co_await fetch(*client, std::move(method))).error().reason,
              Reason::invalid_argument);
    // Framing is the client's own: what a caller puts there is left out.
    ClientRequest framed = harness.request("/");
    framed.method = "POST";
    framed.body = "abc";
    framed.headers.add("Content-Length", "1");
    framed.headers.add("Transfer-Encoding", "chunked");
    framed.headers.add("Host", "evil");
    EXPECT_EQ((co_await fetch(*client, std::move(framed))).value_or("?"), "abc");
  });
}

}  // namespace
}  // namespace weft::net
