// One connection to an MQTT broker, from the look-up of its name to its end: packets in, bytes out.
// Owned by MqttClient; one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weft/base/async.h"
#include "weft/base/timers.h"
#include "weft/net/dial.h"
#include "weft/net/mqtt_client.h"
#include "weft/net/stream.h"
#include "weft/net/tls.h"
#include "weft/net/wake.h"

namespace weft::net {

class MqttLink final : private Stream::Listener {
 public:
  /// `options` and `resolver` outlive it.
  MqttLink(Executor executor, const MqttOptions& options, Resolver& resolver);
  ~MqttLink();
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  /// Connects, over TLS where the broker says so, and reads what the broker answers to CONNECT. A
  /// refusal is an answer.
  Awaitable<Result<wire::MqttConnack>> open(wire::MqttConnect connect);
  /// The next packet; its body is valid until the next call. One at a time.
  Awaitable<Result<wire::MqttFrame>> next();
  /// Sends as much as goes now, the rest as soon as it goes.
  void say(std::string_view packet);
  std::size_t unsent_bytes() const { return out_.size() - sent_; }
  SteadyTime last_heard() const { return heard_; }
  /// Ends it: what waits, and what comes later, fails with this.
  void end(Error why);

 private:
  void on_stream() override;
  void flush();
  Awaitable<Result<Addresses>> addresses();
  Awaitable<Result<void>> connect_to(const boost::asio::ip::address& address);
  Awaitable<Result<void>> handshake();
  Result<bool> read();
  void arm(std::string_view step);
  Error broken(std::string_view what) const;

  Executor executor_;
  const MqttOptions& options_;
  Resolver& resolver_;
  TlsContext tls_;
  std::unique_ptr<Stream> stream_;
  Wake wake_;
  Timer timer_;
  std::optional<Error> ended_;
  bool late_ = false;
  std::string in_;
  std::size_t used_ = 0;
  std::string out_;
  std::size_t sent_ = 0;
  SteadyTime heard_;
};

}  // namespace weft::net
