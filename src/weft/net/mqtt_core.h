// What an MqttClient does on its loop: connections one after another, what waits for the broker's
// answer, who hears which topic. Owned by the client, and by the coroutine that keeps the
// connection; its loop's thread only, but for what says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "weft/net/mqtt_client.h"
#include "weft/net/mqtt_link.h"

namespace weft::net {

class MqttClient::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Executor executor, MqttOptions options);

  // Any thread
  std::optional<Error> absence() const;
  std::uint64_t next_subscription() { return ++subscriptions_; }
  std::uint64_t dropped() const { return dropped_; }
  Executor executor() const { return executor_; }

  /// Keeps a connection until close().
  static Awaitable<> run(std::shared_ptr<Core> core);
  void close();
  void when_connected(Done done);
  void publish(wire::MqttPublish message, Published done);
  void subscribe(std::uint64_t id, std::string topic, int qos, wire::MqttRetained retained,
                 Handler handler, Done done);
  void unsubscribe(std::uint64_t id);

 private:
  /// What the broker has not answered yet: one of the two is set, or none.
  struct Flight {
    SteadyTime since;
    Published published;
    Done done;
  };
  struct Listener {
    std::uint64_t id = 0;
    std::shared_ptr<const Handler> handler;
    Done done;
  };
  struct Topic {
    int qos = 0;
    wire::MqttRetained retained = wire::MqttRetained::never;
    std::vector<Listener> listeners;
  };

  Awaitable<Error> connection();
  void up(const wire::MqttConnack& connack);
  void down(Error why);
  void tick();
  Result<void> take(const wire::MqttFrame& frame);
  void take_message(const wire::MqttPublish& message);
  void take_ack(wire::MqttType type, const wire::MqttAck& ack);
  /// Nothing when the message is on its way; else why it cannot go.
  std::optional<Error> send(wire::MqttPublish& message, Published& done);
  void send_waiting();
  void ask_for(const std::string& name, const Topic& topic, Done done);
  /// To those who heard a topic on the connection before.
  void tell_heard(const std::string& name, const Result<void>& heard);
  void ask_again_later(const std::string& name);
  std::optional<std::uint16_t> free_id();
  bool seen(std::uint16_t id);
  Milliseconds next_pause();
  void set_absence(std::optional<Error> why);

  Executor executor_;
  MqttOptions options_;
  Resolver resolver_;
  CancelSource stop_;
  std::unique_ptr<MqttLink> link_;
  bool up_ = false;
  std::optional<SteadyTime> up_since_;
  wire::MqttConnack allowed_;
  Timer ticks_;
  Milliseconds keep_alive_{0};
  Milliseconds pause_;
  std::vector<Done> waiters_;
  std::map<std::uint16_t, Flight> flights_;
  std::size_t publishing_ = 0;  ///< of the flights
  struct Waiting {
    wire::MqttPublish message;
    Published done;
    SteadyTime since;
  };
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<std::uint64_t, std::string> topic_of_;
  std::set<std::string> refused_;  ///< topics
  Timer asks_again_;
  std::deque<std::uint16_t> recent_;
  std::uint16_t last_id_ = 0;
  std::atomic<std::uint64_t> subscriptions_{0};
  std::atomic<std::uint64_t> dropped_{0};
  mutable std::mutex mutex_;
  std::optional<Error> absence_;
};

}  // namespace weft::net
