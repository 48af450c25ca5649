#include "weft/net/mqtt_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "weft/base/timers.h"
#include "weft/net/loop.h"
#include "weft/net/mqtt_limits.h"

namespace weft::net {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kConnack = "\x20\x03\x00\x00\x00"sv;

/// What a broker's script does with one connection: blocking, in a thread of its own.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  void send(std::string_view bytes) { (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// The next packet that is no ping; its type is 0 when the client is gone.
  std::pair<int, std::string> read() {
    while (true) {
      const auto frame = wire::next_mqtt_frame(in_, 1 << 24);
      if (frame && *frame) {
        std::pair<int, std::string> out{static_cast<int>((*frame)->type),
                                        in_.substr(0, (*frame)->bytes)};
        in_.erase(0, (*frame)->bytes);
        if (out.first != static_cast<int>(wire::MqttType::pingreq)) return out;
        continue;
      }
      std::array<char, 4096> piece{};
      const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
      if (got <= 0) return {0, ""};
      in_.append(piece.data(), static_cast<std::size_t>(got));
    }
  }
  /// Reads CONNECT and takes it.
  std::string welcome(std::string_view connack = kConnack) {
    const std::string connect = read().second;
    send(connack);
    return connect;
  }

 private:
  int fd_;
  std::string in_;
};

std::uint16_t id_of(const std::string& publish) {
  const auto frame = wire::next_mqtt_frame(publish, 1 << 24);
  return wire::read_mqtt_publish(**frame)->id;
}

/// Its scripts serve one connection after the other; then it takes none any more.
class ScriptedBroker {
 public:
  using Script = std::function<void(Peer&)>;
  explicit ScriptedBroker(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    WEFT_ASSERT(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    WEFT_ASSERT(::listen(fd_, 4) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedBroker() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  MqttOptions options() const {
    MqttOptions out;
    out.broker = {"127.0.0.1", port_, false};
    out.client_id = "test";
    out.pause = Milliseconds(10);
    return out;
  }

 private:
  void serve() {
    for (const Script& script : scripts_) {
      const int fd = ::accept(fd_, nullptr, nullptr);
      if (fd < 0) return;
      Peer peer(fd);
      script(peer);
      ::close(fd);
    }
  }

  std::vector<Script> scripts_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Waits, at most ten seconds.
Awaitable<bool> eventually(std::function<bool()> question) {
  for (int i = 0; i < 2'000 && !question(); ++i) {
    CancelToken never;
    co_await sleep_for(Milliseconds(5), std::move(never));
  }
  co_return question();
}

Awaitable<bool> connected(MqttClient& client) {
  return eventually([&client] { return !client.absence(); });
}

/// What became of publishes, in the order in which it was told.
struct Fates {
  std::vector<MqttPublished> all;
  MqttClient::Published next() {
    return [this](MqttPublished told) { all.push_back(std::move(told)); };
  }
};

wire::MqttPublish message(std::string payload) {
  return {.topic = "a", .payload = std::move(payload), .qos = 1};
}

TEST(MqttUrl, WhatABrokersUrlMaySay) {
  EXPECT_EQ(parse_mqtt_url("mqtt://Broker.example")->str(), "mqtt://broker.example:1883");
  EXPECT_EQ(parse_mqtt_url("mqtts://a/")->str(), "mqtts://a:8883");
  EXPECT_EQ(parse_mqtt_url("mqtt://[::1]:99")->str(), "mqtt://[::1]:99");
  EXPECT_EQ(parse_mqtt_url("mqtt://[::1]")->host, "::1");
  for (const char* bad : {"http://a", "mqtt://", "mqtt://a:0", "mqtt://a:70000", "mqtt://a/b",
                          "mqtt://a?b", "mqtt:a", "mqtt://a b", "mqtt://a:b"})
    EXPECT_FALSE(parse_mqtt_url(bad)) << bad;
  const auto secret = parse_mqtt_url("mqtt://user:hush@a");
  ASSERT_FALSE(secret);
  EXPECT_FALSE(secret.error().message.contains("hush"));
}

TEST(MqttClient, PublishesAndTellsWhatBecameOfIt) {
  std::string connect;
  ScriptedBroker broker({[&](Peer& peer) {
    connect = peer.welcome();
    for (const std::string_view reason : {""sv, "\x10"sv, "\x87"sv}) {
      const std::uint16_t id = id_of(peer.read().second);
      peer.send(std::string{'\x40', static_cast<char>(2 + reason.size()),
                            static_cast<char>(id >> 8), static_cast<char>(id)}
                    .append(reason));
    }
    EXPECT_EQ(peer.read().first, static_cast<int>(wire::MqttType::disconnect));
  }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    auto client = std::make_unique<MqttClient>(loop.executor(), broker.options());
    EXPECT_TRUE(co_await connected(*client));
    Fates fates;
    for (const char* word : {"1", "2", "3"}) client->publish(message(word), fates.next());
    client->publish({.topic = "a/#"}, fates.next());
    EXPECT_TRUE(co_await eventually([&] { return fates.all.size() == 4; }));
    EXPECT_EQ(fates.all[0].fate, MqttFate::unsent) << "a wildcard is no topic";
    EXPECT_EQ(fates.all[1].fate, MqttFate::taken);
    EXPECT_EQ(fates.all[2].fate, MqttFate::nobody);
    EXPECT_EQ(fates.all[3].fate, MqttFate::unsent);
    EXPECT_TRUE(fates.all[3].why.message.contains("not authorized"));
    client.reset();
    CancelToken never;
    co_await sleep_for(Milliseconds(50), std::move(never));
  });
  EXPECT_TRUE(connect.contains("\x27\x00\x10\x00\x00"sv)) << "the largest packet is announced";
}

TEST(MqttClient, WhatWasOnItsWayIsUnknownAndNeverSentAgain) {
  std::atomic<int> publishes = 0;
  std::atomic<int> subscribes = 0;
  const auto serve = [&](Peer& peer, bool leaves) {
    peer.welcome();
    while (true) {
      const auto [type, bytes] = peer.read();
      if (type == 0) return;
      if (type == static_cast<int>(wire::MqttType::subscribe)) {
        ++subscribes;
        peer.send(std::string("\x90\x04").append(bytes.substr(2, 2)).append("\x00\x01"sv));
      }
      if (type == static_cast<int>(wire::MqttType::publish)) {
        ++publishes;
        if (leaves) return;
      }
    }
  };
  ScriptedBroker broker(
      {[&](Peer& peer) { serve(peer, true); }, [&](Peer& peer) { serve(peer, false); }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    MqttClient client(loop.executor(), broker.options());
    EXPECT_TRUE(co_await connected(client));
    bool heard = false;
    client.subscribe(
        "r", 1, wire::MqttRetained::never, [](const wire::MqttPublish&) {},
        [&](const Result<void>& done) { heard = done.has_value(); });
    EXPECT_TRUE(co_await eventually([&] { return heard; }));
    Fates fates;
    client.publish(message("once"), fates.next());
    EXPECT_TRUE(co_await eventually([&] { return fates.all.size() == 1; }));
    EXPECT_EQ(fates.all[0].fate, MqttFate::unknown);
    EXPECT_TRUE(co_await eventually([&] { return subscribes == 2; }));
    EXPECT_EQ(publishes, 1);
    client.close();
    EXPECT_TRUE(co_await eventually([&] { return client.absence().has_value(); }));
    client.publish(message("late"), fates.next());
    EXPECT_TRUE(co_await eventually([&] { return fates.all.size() == 2; }));
    EXPECT_EQ(fates.all[1].fate, MqttFate::unsent);
  });
}

TEST(MqttClient, WhoHeardATopicIsToldWhenItIsRefusedOnTheNextConnection) {
  const auto answer = [](Peer& peer, std::string_view reason) {
    const std::string bytes = peer.read().second;
    peer.send(std::string("\x90\x04").append(bytes.substr(2, 2)).append("\x00"sv).append(reason));
  };
  ScriptedBroker broker({[&](Peer& peer) {
                           peer.welcome();
                           answer(peer, "\x01"sv);
                         },
                         [&](Peer& peer) {
                           peer.welcome();
                           (void)peer.read();
                         },
                         [&](Peer& peer) {
                           peer.welcome();
                           for (const auto reason : {"\x87"sv, "\x87"sv, "\x01"sv})
                             answer(peer, reason);
                           (void)peer.read();
                         }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    MqttOptions options = broker.options();
    options.ask_again = Milliseconds(20);
    MqttClient client(loop.executor(), options);
    EXPECT_TRUE(co_await connected(client));
    std::vector<Result<void>> told;
    client.subscribe(
        "r", 1, wire::MqttRetained::never, [](const wire::MqttPublish&) {},
        [&](Result<void> done) { told.push_back(std::move(done)); });
    EXPECT_TRUE(co_await eventually([&] { return told.size() >= 4; }));
    told.resize(4);
    EXPECT_TRUE(told[0]);
    EXPECT_FALSE(told[1]) << "a connection that ended says nothing of the topic";
    EXPECT_TRUE(!told[2] && told[2].error().message.contains("not authorized"));
    EXPECT_TRUE(told[3]) << "it was asked for again";
    client.close();
    EXPECT_TRUE(co_await eventually([&] { return client.absence().has_value(); }));
  });
}

TEST(MqttClient, AMessageThatIsSentAgainHasOneEffect) {
  ScriptedBroker broker({[&](Peer& peer) {
    peer.welcome();
    const std::string bytes = peer.read().second;
    peer.send(std::string("\x90\x04").append(bytes.substr(2, 2)).append("\x00\x01"sv));
    wire::MqttPublish told{.topic = "r", .payload = "1", .qos = 1, .id = 9};
    peer.send(wire::write_mqtt(told).value());
    told.duplicate = true;
    peer.send(wire::write_mqtt(told).value());
    told.duplicate = false;
    told.payload = "2";
    peer.send(wire::write_mqtt(told).value());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(peer.read().second, wire::write_mqtt_puback(9));
    (void)peer.read();
  }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    MqttClient client(loop.executor(), broker.options());
    EXPECT_TRUE(co_await connected(client));
    std::string heard;
    client.subscribe(
        "r", 1, wire::MqttRetained::never,
        [&](const wire::MqttPublish& told) { heard += told.payload; }, [](const Result<void>&) {});
    EXPECT_TRUE(co_await eventually([&] { return heard.size() >= 2; }));
    EXPECT_EQ(heard, "12");
    EXPECT_EQ(client.dropped(), 1U);
    client.close();
    EXPECT_TRUE(co_await eventually([&] { return client.absence().has_value(); }));
  });
}

TEST(MqttClient, NoMoreIsOnItsWayThanTheBrokerTakes) {
  std::atomic<bool> early = false;
  std::atomic<bool> goes_on = false;
  ScriptedBroker broker({[&](Peer& peer) {
    // Receive Maximum 1, Maximum Packet Size 64.
    peer.welcome("\x20\x0B\x00\x00\x08\x21\x00\x01\x27\x00\x00\x00\x40"sv);
    const std::uint16_t first = id_of(peer.read().second);
    early = true;
    while (!goes_on) std::this_thread::yield();
    peer.send(wire::write_mqtt_puback(first));
    peer.send(wire::write_mqtt_puback(id_of(peer.read().second)));
    (void)peer.read();
  }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    MqttClient client(loop.executor(), broker.options());
    EXPECT_TRUE(co_await connected(client));
    Fates fates;
    client.publish(message("1"), fates.next());
    client.publish(message("2"), fates.next());
    EXPECT_TRUE(co_await eventually([&] { return early.load(); }));
    EXPECT_TRUE(fates.all.empty());
    goes_on = true;
    EXPECT_TRUE(co_await eventually([&] { return fates.all.size() == 2; }));
    client.publish(message(std::string(100, 'x')), fates.next());
    EXPECT_TRUE(co_await eventually([&] { return fates.all.size() == 3; }));
    EXPECT_EQ(fates.all[2].why.reason, Reason::too_large);
    client.close();
    EXPECT_TRUE(co_await eventually([&] { return client.absence().has_value(); }));
  });
}

TEST(MqttClient, WhatBreaksTheRulesEndsTheConnection) {
  const std::string large = "\x30\xFF\xFF\xFF\x7F";
  std::atomic<bool> goes_on = false;
  ScriptedBroker broker({[&](Peer& peer) {
                           peer.welcome();
                           peer.send(large);
                           while (peer.read().first != 0) {
                           }
                         },
                         [&](Peer& peer) {
                           while (!goes_on) std::this_thread::yield();
                           peer.welcome("\x20\x09\x00\x87\x06\x1F\x00\x03no!"sv);
                         }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    MqttClient client(loop.executor(), broker.options());
    const auto says = [&](std::string_view words) {
      const auto absence = client.absence();
      return absence && absence->message.contains(words);
    };
    EXPECT_TRUE(co_await eventually([&] { return says("at most 1048576 are taken"); }));
    goes_on = true;
    EXPECT_TRUE(co_await eventually([&] { return says("not authorized (0x87): no!"); }));
    EXPECT_EQ(client.absence()->reason, Reason::unavailable);
    client.close();
    EXPECT_TRUE(co_await eventually([&] { return says("was closed"); }));
  });
}

TEST(MqttClient, AnAddressThatMustNotBeConnectedToIsNot) {
  std::atomic<bool> reached = false;
  ScriptedBroker broker({[&](Peer&) { reached = true; }});
  run_alone([&](Loop& loop) -> Awaitable<> {
    MqttOptions options = broker.options();
    options.egress = Egress::guarded;
    options.broker.host = "inside.example";
    options.look_up = [](const std::string&) -> Result<Addresses> {
      return Addresses{boost::asio::ip::make_address("127.0.0.1")};
    };
    MqttClient client(loop.executor(), std::move(options));
    std::optional<Error> why;
    client.when_connected([&](const Result<void>& done) { why = done.error(); });
    EXPECT_TRUE(co_await eventually([&] { return why.has_value(); }));
    EXPECT_TRUE(why->message.contains("mqtt://inside.example")) << why->message;
    client.close();
    EXPECT_TRUE(co_await eventually([&] { return client.absence()->message.contains("closed"); }));
  });
  EXPECT_FALSE(reached);
}

}  // namespace
}  // namespace weft::net
