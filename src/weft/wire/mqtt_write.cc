#include <format>

#include "weft/wire/base64.h"
#include "weft/wire/mqtt.h"

namespace weft::wire {
namespace {

constexpr std::size_t kStringBytesMax = 65'535;
constexpr std::size_t kRemainingBytesMax = 268'435'455;

void add_u8(std::string& out, std::size_t value) { out += static_cast<char>(value & 0xFF); }

void add_u16(std::string& out, std::size_t value) {
  add_u8(out, value >> 8);
  add_u8(out, value);
}

void add_u32(std::string& out, std::size_t value) {
  add_u16(out, value >> 16);
  add_u16(out, value);
}

/// Variable Byte Integer (1.5.5).
void add_length(std::string& out, std::size_t value) {
  do {
    const std::size_t low = value & 0x7F;
    value >>= 7;
    add_u8(out, value > 0 ? low | 0x80 : low);
  } while (value > 0);
}

void add_string(std::string& out, std::string_view text) {
  add_u16(out, text.size());
  out += text;
}

std::string packet(MqttType type, std::uint8_t flags, std::string_view body) {
  std::string out;
  out.reserve(body.size() + 5);
  add_u8(out, (static_cast<std::size_t>(type) << 4) | flags);
  add_length(out, body.size());
  out += body;
  return out;
}

Result<void> check_string(std::string_view what, std::string_view text, bool binary = false) {
  if (text.size() > kStringBytesMax) {
    return fail(Reason::invalid_argument,
                std::format("{} of an MQTT message has {} bytes; it may have {}", what, text.size(),
                            kStringBytesMax));
  }
  if (!binary && !is_mqtt_text(text)) {
    return fail(
        Reason::invalid_argument,
        std::format("{} of an MQTT message is not UTF-8, or holds a control character", what));
  }
  return {};
}

Result<void> check(const MqttPublish& publish) {
  WEFT_CHECK(check_mqtt_topic(publish.topic));
  if (!publish.response_topic.empty()) WEFT_CHECK(check_mqtt_topic(publish.response_topic));
  WEFT_CHECK(check_string("the correlation data", publish.correlation, true));
  WEFT_CHECK(check_string("the content type", publish.content_type));
  for (const auto& [name, value] : publish.user) {
    WEFT_CHECK(check_string("the name of a user property", name));
    WEFT_CHECK(check_string("a user property", value));
  }
  if (publish.utf8 && !is_utf8(publish.payload))
    return fail(Reason::invalid_argument, "the payload of an MQTT message is not UTF-8");
  return {};
}

/// 3.3.2.3.
std::string properties_of(const MqttPublish& publish) {
  std::string out;
  if (publish.utf8) out += std::string_view("\x01\x01", 2);
  if (publish.expiry_s) {
    add_u8(out, 0x02);
    add_u32(out, *publish.expiry_s);
  }
  const auto add = [&](std::size_t id, std::string_view text) {
    if (text.empty()) return;
    add_u8(out, id);
    add_string(out, text);
  };
  add(0x03, publish.content_type);
  add(0x08, publish.response_topic);
  add(0x09, publish.correlation);
  for (const auto& [name, value] : publish.user) {
    add_u8(out, 0x26);
    add_string(out, name);
    add_string(out, value);
  }
  return out;
}

}  // namespace

std::string write_mqtt(const MqttConnect& connect) {
  std::string properties;
  if (connect.receive_maximum != kStringBytesMax) {
    add_u8(properties, 0x21);
    add_u16(properties, connect.receive_maximum);
  }
  if (connect.packet_bytes_max != 0) {
    add_u8(properties, 0x27);
    add_u32(properties, connect.packet_bytes_max);
  }
  std::string body;
  add_string(body, "MQTT");
  add_u8(body, 5);
  // A new session each time: what is subscribed to is said anew, and nothing is sent twice.
  constexpr std::size_t kCleanStart = 0x02;
  const std::size_t user = connect.user.empty() ? 0 : 0x80;
  const std::size_t password = connect.password ? 0x40 : 0;
  add_u8(body, kCleanStart | user | password);
  add_u16(body, connect.keep_alive_s);
  add_length(body, properties.size());
  body += properties;
  add_string(body, connect.client_id);
  if (!connect.user.empty()) add_string(body, connect.user);
  if (connect.password) add_string(body, *connect.password);
  return packet(MqttType::connect, 0, body);
}

Result<std::string> write_mqtt(const MqttPublish& publish) {
  WEFT_CHECK(check(publish));
  const std::string properties = properties_of(publish);
  std::string body;
  body.reserve(publish.topic.size() + properties.size() + publish.payload.size() + 16);
  add_string(body, publish.topic);
  if (publish.qos > 0) add_u16(body, publish.id);
  add_length(body, properties.size());
  body += properties;
  body += publish.payload;
  if (body.size() > kRemainingBytesMax)
    return fail(Reason::too_large, "no MQTT message can be that long");
  const std::size_t flags = (publish.duplicate ? 0x8U : 0U) |
                            (static_cast<std::size_t>(publish.qos) << 1) |
                            (publish.retain ? 1U : 0U);
  return packet(MqttType::publish, static_cast<std::uint8_t>(flags), body);
}

std::string write_mqtt_puback(std::uint16_t id) {
  std::string body;
  add_u16(body, id);
  return packet(MqttType::puback, 0, body);
}

std::string write_mqtt_subscribe(std::uint16_t id, std::string_view topic, int qos,
                                 MqttRetained retained) {
  std::string body;
  add_u16(body, id);
  add_length(body, 0);
  add_string(body, topic);
  add_u8(body, (static_cast<std::size_t>(retained) << 4) | static_cast<std::size_t>(qos));
  return packet(MqttType::subscribe, 2, body);
}

std::string write_mqtt_unsubscribe(std::uint16_t id, std::string_view topic) {
  std::string body;
  add_u16(body, id);
  add_length(body, 0);
  add_string(body, topic);
  return packet(MqttType::unsubscribe, 2, body);
}

std::string write_mqtt_pingreq() { return packet(MqttType::pingreq, 0, {}); }

std::string write_mqtt_disconnect(std::uint8_t reason) {
  std::string body;
  add_u8(body, reason);
  return packet(MqttType::disconnect, 0, body);
}

}  // namespace weft::wire
