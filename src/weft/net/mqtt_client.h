// A connection to an MQTT 5 broker that is kept: made again, with a pause that grows and is random,
// when it is lost, and what was subscribed to is subscribed to again. Owned by who started it.
//
// Threads: it lives on one loop, where its handlers are called; everything here may be called from
// any thread. Each session is new (Clean Start), so nothing that was published is sent again by
// this or by the broker: a publish whose acknowledgement was lost ends as `unknown`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/base/clock.h"
#include "weft/base/result.h"
#include "weft/net/egress.h"
#include "weft/net/resolver.h"
#include "weft/wire/mqtt.h"

namespace weft::net {

/// Where a broker is.
struct MqttBroker {
  std::string host;  ///< without brackets for IPv6
  std::uint16_t port = 0;
  bool tls = false;
  /// `mqtt://host:port`.
  std::string str() const;
};
/// Whether the URL says `mqtt` or `mqtts`.
bool is_mqtt_url(std::string_view url);
/// `mqtt://HOST[:1883]` or `mqtts://HOST[:8883]`. Errors: anything more, and a user or a password.
Result<MqttBroker> parse_mqtt_url(std::string_view url);

struct MqttOptions {
  MqttBroker broker;
  Egress egress = Egress::open;
  std::string client_id;
  std::string user;
  std::optional<std::string> password;
  /// Authorities beside the system's; empty: none.
  std::string ca_file;
  LookUp look_up = system_look_up;
  std::uint16_t keep_alive_s = 30;
  Milliseconds connect_timeout{5'000};
  /// The pause before the second attempt; it doubles up to the other, each time between a half and
  /// the whole of it.
  Milliseconds pause{250};
  Milliseconds pause_max{10'000};
  /// A topic that was refused on a new connection is asked for again after so long.
  Milliseconds ask_again{30'000};
};

/// What became of a publish: the broker has it (or, for QoS 0, it is on its way), the broker has it
/// and nobody is subscribed, it was never sent, or nobody knows.
enum class MqttFate : std::uint8_t { taken, nobody, unsent, unknown };
struct MqttPublished {
  MqttFate fate = MqttFate::taken;
  Error why;  ///< of `unsent` and `unknown`
};

class MqttClient {
 public:
  using Done = std::function<void(Result<void>)>;
  using Published = std::function<void(MqttPublished)>;
  using Handler = std::function<void(const wire::MqttPublish&)>;

  /// Begins to connect.
  MqttClient(Executor executor, MqttOptions options);
  /// close()
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  /// Says goodbye to the broker, and is not connected any more. Once is enough.
  void close();
  /// Told when there is a connection, at once where there is one, or why the attempt that runs
  /// failed.
  void when_connected(Done done);
  /// Nothing while connected, else why not.
  std::optional<Error> absence() const;
  /// Never waits for a broker that is not there: that is `unsent`, unavailable. Errors of the
  /// message itself, and too many on their way, are `unsent` too.
  void publish(wire::MqttPublish message, Published done);
  /// Hears one topic until unsubscribe(). `done` is told what the broker said, and again after each
  /// new connection, on which it may refuse what it took before. Several may hear one topic; a
  /// retained message comes to all of them each time one begins to.
  std::uint64_t subscribe(std::string topic, int qos, wire::MqttRetained retained, Handler handler,
                          Done done);
  void unsubscribe(std::uint64_t subscription);
  /// Messages that nobody waited for, or that came twice.
  std::uint64_t dropped() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace weft::net
