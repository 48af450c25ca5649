// MQTT 5.0 (OASIS Standard, 7 March 2019), what a client says and hears: packets to bytes and back.
// Owned by wire; pure.
//
// Not spoken: QoS 2, topic aliases (none are announced, so none may come), extended authentication,
// wills. A packet that breaks the standard is an error (upstream_protocol).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weft/base/result.h"

namespace weft::wire {

/// User properties of a message that are kept.
inline constexpr std::size_t kMqttUserPropertiesMax = 64;

enum class MqttType : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth
};

struct MqttConnect {
  std::string client_id;
  std::string user;
  std::optional<std::string> password;
  std::uint16_t keep_alive_s = 0;
  std::uint16_t receive_maximum = 65'535;
  std::uint32_t packet_bytes_max = 0;  ///< 0: not said
};

/// What the server allows, with the standard's values where it says nothing (3.2.2.3).
struct MqttConnack {
  bool session_present = false;
  std::uint8_t reason = 0;
  std::string words;
  std::uint16_t receive_maximum = 65'535;
  std::uint8_t qos_max = 2;
  std::uint32_t packet_bytes_max = 0;  ///< 0: no limit
  std::optional<std::uint16_t> keep_alive_s;
  friend bool operator==(const MqttConnack&, const MqttConnack&) = default;
};

struct MqttPublish {
  std::string topic;
  std::string payload;
  int qos = 0;
  bool retain = false;
  bool duplicate = false;
  std::uint16_t id = 0;  ///< of QoS 1
  std::string response_topic;
  std::string correlation;
  std::string content_type;
  std::optional<std::uint32_t> expiry_s;
  bool utf8 = false;
  std::vector<std::pair<std::string, std::string>> user;

  /// The first user property of the name; empty when there is none.
  std::string_view property(std::string_view name) const;
  friend bool operator==(const MqttPublish&, const MqttPublish&) = default;
};

/// PUBACK, SUBACK and UNSUBACK: a code for each thing that is answered.
struct MqttAck {
  std::uint16_t id = 0;
  std::vector<std::uint8_t> reasons;
  std::string words;
  friend bool operator==(const MqttAck&, const MqttAck&) = default;
};

struct MqttDisconnect {
  std::uint8_t reason = 0;
  std::string words;
  friend bool operator==(const MqttDisconnect&, const MqttDisconnect&) = default;
};

/// From here on a reason code says that something failed (2.4).
inline constexpr std::uint8_t kMqttFailed = 0x80;
/// A message was taken and nobody had subscribed.
inline constexpr std::uint8_t kMqttNobody = 0x10;
/// A reason code in words: `not authorized (0x87)`, with what the server said of it.
std::string mqtt_reason(std::uint8_t reason, std::string_view words);

/// Retained messages are sent when something is subscribed to, or never.
enum class MqttRetained : std::uint8_t { sent = 0, never = 2 };

std::string write_mqtt(const MqttConnect& connect);
/// Strings must fit into 65535 bytes; what does not is an error (invalid_argument).
Result<std::string> write_mqtt(const MqttPublish& publish);
std::string write_mqtt_puback(std::uint16_t id);
std::string write_mqtt_subscribe(std::uint16_t id, std::string_view topic, int qos,
                                 MqttRetained retained);
std::string write_mqtt_unsubscribe(std::uint16_t id, std::string_view topic);
std::string write_mqtt_pingreq();
std::string write_mqtt_disconnect(std::uint8_t reason);

/// One packet in its bytes.
struct MqttFrame {
  MqttType type = MqttType::connack;
  std::uint8_t flags = 0;
  std::string_view body;
  std::size_t bytes = 0;  ///< of all of it
};
/// The packet that `bytes` begin with; nothing until it is whole. Errors: no packet, or one longer
/// than `bytes_max`, which is found before it came.
Result<std::optional<MqttFrame>> next_mqtt_frame(std::string_view bytes, std::size_t bytes_max);
Result<MqttConnack> read_mqtt_connack(const MqttFrame& frame);
Result<MqttPublish> read_mqtt_publish(const MqttFrame& frame);
Result<MqttAck> read_mqtt_ack(const MqttFrame& frame);
Result<MqttDisconnect> read_mqtt_disconnect(const MqttFrame& frame);

/// Whether a name can be published and subscribed to as one topic: 1 to 65535 bytes of UTF-8
/// without control characters, no wildcard, not one of the server's own (`$…`).
Result<void> check_mqtt_topic(std::string_view topic);
/// Whether a broker takes it for a string: UTF-8 without control characters and noncharacters, for
/// which it may end the connection (1.5.4).
bool is_mqtt_text(std::string_view text);
/// Whether a value may stand for one level of a topic: as above, and no `/`.
Result<void> check_mqtt_level(std::string_view level);

}  // namespace weft::wire
