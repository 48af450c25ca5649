#include <algorithm>
#include <array>
#include <format>

#include "weft/base/text.h"
#include "weft/wire/base64.h"
#include "weft/wire/mqtt.h"

namespace weft::wire {
namespace {

std::unexpected<Error> broken(std::string_view what) {
  return fail(Reason::upstream_protocol, std::format("MQTT: {}", what));
}

std::size_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// Reads from the front of what it is given.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  Result<std::size_t> number(std::size_t bytes) {
    if (rest_.size() < bytes) return broken("a packet ends in the middle of a number");
    std::size_t out = 0;
    for (std::size_t i = 0; i < bytes; ++i) out = (out << 8) | byte_at(rest_, i);
    rest_.remove_prefix(bytes);
    return out;
  }
  /// Variable Byte Integer (1.5.5), four bytes at most.
  Result<std::size_t> length() {
    std::size_t out = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      WEFT_TRY(const std::size_t next, number(1));
      out |= (next & 0x7F) << shift;
      if ((next & 0x80) == 0) return out;
    }
    return broken("a length of more than four bytes");
  }
  Result<std::string_view> take(std::size_t bytes) {
    if (rest_.size() < bytes) return broken("a packet ends in the middle of a value");
    const std::string_view out = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return out;
  }
  Result<std::string_view> bytes() {
    WEFT_TRY(const std::size_t size, number(2));
    return take(size);
  }
  Result<std::string_view> text() {
    WEFT_TRY(const std::string_view out, bytes());
    if (!is_utf8(out) || out.contains('\0')) return broken("a text that is not UTF-8");
    return out;
  }

 private:
  std::string_view rest_;
};

enum class Kind : std::uint8_t { none, u8, u16, u32, length, text, binary, pair };

/// 2.2.2.2.
Kind kind_of(std::size_t id) {
  switch (id) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2A: return Kind::u8;
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23: return Kind::u16;
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27: return Kind::u32;
    case 0x0B: return Kind::length;
    case 0x03:
    case 0x08:
    case 0x12:
    case 0x15:
    case 0x1A:
    case 0x1C:
    case 0x1F: return Kind::text;
    case 0x09:
    case 0x16: return Kind::binary;
    case 0x26: return Kind::pair;
    default: return Kind::none;
  }
}

struct Property {
  std::size_t id = 0;
  std::size_t number = 0;
  std::string_view text;
  std::string_view value;  ///< of a pair
};

Result<Property> read_property(Cursor& in) {
  Property out;
  WEFT_TRY(out.id, in.number(1));
  switch (kind_of(out.id)) {
    case Kind::none: return broken(std::format("a property {:#04x} that is none", out.id));
    case Kind::u8: {
      WEFT_TRY(out.number, in.number(1));
      break;
    }
    case Kind::u16: {
      WEFT_TRY(out.number, in.number(2));
      break;
    }
    case Kind::u32: {
      WEFT_TRY(out.number, in.number(4));
      break;
    }
    case Kind::length: {
      WEFT_TRY(out.number, in.length());
      break;
    }
    case Kind::binary: {
      WEFT_TRY(out.text, in.bytes());
      break;
    }
    case Kind::text: {
      WEFT_TRY(out.text, in.text());
      break;
    }
    case Kind::pair: {
      WEFT_TRY(out.text, in.text());
      WEFT_TRY(out.value, in.text());
      break;
    }
  }
  return out;
}

/// Those that `known` has a place for; a property that stands twice breaks the standard, unless it
/// is one of a list.
template <class Known>
Result<void> read_properties(Cursor& in, Known known) {
  WEFT_TRY(const std::size_t size, in.length());
  WEFT_TRY(const std::string_view bytes, in.take(size));
  Cursor properties(bytes);
  std::array<bool, 256> seen{};
  while (!properties.empty()) {
    WEFT_TRY(const Property property, read_property(properties));
    const bool list = property.id == 0x26 || property.id == 0x0B;
    if (!list && std::exchange(seen.at(property.id), true))
      return broken(std::format("the property {:#04x} stands twice", property.id));
    WEFT_CHECK(known(property));
  }
  return {};
}

Result<void> take_words(const Property& property, std::string& words) {
  if (property.id == 0x1F) words = property.text;
  return {};
}

Result<void> take_limit(const Property& property, MqttConnack& out) {
  const std::size_t number = property.number;
  if (property.id == 0x21) out.receive_maximum = static_cast<std::uint16_t>(number);
  if (property.id == 0x24) out.qos_max = static_cast<std::uint8_t>(number);
  if (property.id == 0x27) out.packet_bytes_max = static_cast<std::uint32_t>(number);
  if (property.id == 0x13) out.keep_alive_s = static_cast<std::uint16_t>(number);
  const bool nothing = number == 0 && (property.id == 0x21 || property.id == 0x27);
  if (nothing || (property.id == 0x24 && number > 1)) return broken("a limit that cannot be");
  return take_words(property, out.words);
}

Result<void> take_of_publish(const Property& property, MqttPublish& out) {
  switch (property.id) {
    case 0x01: out.utf8 = property.number == 1; break;
    case 0x02: out.expiry_s = static_cast<std::uint32_t>(property.number); break;
    case 0x03: out.content_type = property.text; break;
    case 0x08: out.response_topic = property.text; break;
    case 0x09: out.correlation = property.text; break;
    case 0x26:
      // Whoever sends more has them read by nobody.
      if (out.user.size() < kMqttUserPropertiesMax)
        out.user.emplace_back(property.text, property.value);
      break;
    case 0x23: return broken("a topic alias, of which none was allowed");
    default: break;
  }
  return {};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

std::string_view MqttPublish::property(std::string_view name) const {
  const auto found = std::ranges::find(user, name, [](const auto& pair) { return pair.first; });
  return found == user.end() ? std::string_view() : found->second;
}

Result<std::optional<MqttFrame>> next_mqtt_frame(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() < 2) return std::nullopt;
  MqttFrame frame;
  frame.type = static_cast<MqttType>(byte_at(bytes, 0) >> 4);
  frame.flags = static_cast<std::uint8_t>(byte_at(bytes, 0) & 0x0F);
  if (frame.type < MqttType::connect) return broken("this is no packet");
  std::size_t size = 0;
  std::size_t at = 1;
  for (int shift = 0;; shift += 7, ++at) {
    if (shift == 28) return broken("a length of more than four bytes");
    if (at == bytes.size()) return std::nullopt;
    size |= (byte_at(bytes, at) & 0x7F) << shift;
    if ((byte_at(bytes, at) & 0x80) == 0) break;
  }
  frame.bytes = at + 1 + size;
  if (frame.bytes > bytes_max) {
    return fail(Reason::too_large, std::format("MQTT: a packet of {} bytes; at most {} are taken",
                                               frame.bytes, bytes_max));
  }
  if (bytes.size() < frame.bytes) return std::nullopt;
  frame.body = bytes.substr(at + 1, size);
  return frame;
}

Result<MqttConnack> read_mqtt_connack(const MqttFrame& frame) {
  if (frame.type != MqttType::connack || frame.flags != 0)
    return broken("the server did not answer the connection with a CONNACK");
  Cursor in(frame.body);
  MqttConnack out;
  WEFT_TRY(const std::size_t flags, in.number(1));
  WEFT_TRY(const std::size_t reason, in.number(1));
  // What an MQTT 3.1.1 server answers has no properties.
  if (in.empty() && reason != 0) {
    out.reason = static_cast<std::uint8_t>(reason == 1 ? 0x84 : reason);
    return out;
  }
  out.session_present = (flags & 1) != 0;
  out.reason = static_cast<std::uint8_t>(reason);
  WEFT_CHECK(read_properties(in, [&](const Property& p) { return take_limit(p, out); }));
  if (!in.empty()) return broken("a CONNACK that goes on after its end");
  return out;
}

Result<MqttPublish> read_mqtt_publish(const MqttFrame& frame) {
  MqttPublish out;
  out.retain = (frame.flags & 1) != 0;
  out.duplicate = (frame.flags & 8) != 0;
  out.qos = (frame.flags >> 1) & 3;
  if (out.qos > 1) return broken("a message of a QoS that was not subscribed to");
  Cursor in(frame.body);
  WEFT_TRY(const std::string_view topic, in.text());
  if (topic.empty() || topic.find_first_of("+#") != std::string_view::npos)
    return broken("a message whose topic is none");
  out.topic = topic;
  if (out.qos > 0) {
    WEFT_TRY(const std::size_t id, in.number(2));
    if (id == 0) return broken("a message of QoS 1 without an identifier");
    out.id = static_cast<std::uint16_t>(id);
  }
  WEFT_CHECK(read_properties(in, [&](const Property& p) { return take_of_publish(p, out); }));
  out.payload = in.rest();
  return out;
}

Result<MqttAck> read_mqtt_ack(const MqttFrame& frame) {
  if (frame.flags != 0) return broken("an acknowledgement with flags");
  Cursor in(frame.body);
  MqttAck out;
  WEFT_TRY(const std::size_t id, in.number(2));
  out.id = static_cast<std::uint16_t>(id);
  const auto words = [&](const Property& property) { return take_words(property, out.words); };
  if (frame.type != MqttType::puback) {
    WEFT_CHECK(read_properties(in, words));
    out.reasons.assign(in.rest().begin(), in.rest().end());
    if (out.reasons.empty()) return broken("an acknowledgement of nothing");
    return out;
  }
  // 3.4.2.1: left out, it is a success without properties.
  std::size_t reason = 0;
  if (!in.empty()) {
    WEFT_TRY(reason, in.number(1));
  }
  if (!in.empty()) WEFT_CHECK(read_properties(in, words));
  if (!in.empty()) return broken("an acknowledgement that goes on after its end");
  out.reasons.push_back(static_cast<std::uint8_t>(reason));
  return out;
}

Result<MqttDisconnect> read_mqtt_disconnect(const MqttFrame& frame) {
  Cursor in(frame.body);
  MqttDisconnect out;
  if (in.empty()) return out;
  WEFT_TRY(const std::size_t reason, in.number(1));
  out.reason = static_cast<std::uint8_t>(reason);
  if (in.empty()) return out;
  WEFT_CHECK(read_properties(in, [&](const Property& p) { return take_words(p, out.words); }));
  return out;
}

std::string mqtt_reason(std::uint8_t reason, std::string_view words) {
  struct Row {
    std::uint8_t reason;
    std::string_view words;
  };
  // 2.4, those that a client may be told.
  static constexpr std::array<Row, 33> kRows{{{0x00, "success"},
                                              {0x10, "nobody has subscribed"},
                                              {0x11, "no such subscription"},
                                              {0x80, "unspecified error"},
                                              {0x81, "malformed packet"},
                                              {0x82, "protocol error"},
                                              {0x83, "implementation specific error"},
                                              {0x84, "MQTT 5 is not spoken"},
                                              {0x85, "the client identifier is not valid"},
                                              {0x86, "bad user name or password"},
                                              {0x87, "not authorized"},
                                              {0x88, "the server is unavailable"},
                                              {0x89, "the server is busy"},
                                              {0x8A, "banned"},
                                              {0x8B, "the server is shutting down"},
                                              {0x8D, "nothing was heard in time"},
                                              {0x8E, "another took the session over"},
                                              {0x8F, "the topic filter is not allowed"},
                                              {0x90, "the topic is not allowed"},
                                              {0x91, "the packet identifier is in use"},
                                              {0x93, "too many messages at once"},
                                              {0x94, "bad topic alias"},
                                              {0x95, "the packet is too large"},
                                              {0x96, "messages come too fast"},
                                              {0x97, "a quota is exceeded"},
                                              {0x98, "an administrator ended the connection"},
                                              {0x99, "the payload is not of its format"},
                                              {0x9A, "retained messages are not taken"},
                                              {0x9B, "the QoS is not taken"},
                                              {0x9C, "use another server"},
                                              {0x9D, "the server moved"},
                                              {0x9F, "connections come too fast"},
                                              {0xA1, "subscription identifiers are not taken"}}};
  const auto known = std::ranges::find(kRows, reason, &Row::reason);
  std::string out = std::format("{} ({:#04x})",
                                known == kRows.end() ? "an unknown reason" : known->words, reason);
  if (words.empty()) return out;
  std::string said(beginning_of(words, 200));
  std::ranges::replace_if(said, is_control, ' ');
  return std::format("{}: {}", out, said);
}

bool is_mqtt_text(std::string_view text) {
  if (!is_utf8(text)) return false;
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned c = byte(i);
    if (c < 0x20 || c == 0x7F) return false;
    if (c == 0xC2 && byte(i + 1) < 0xA0) return false;  // U+0080 to U+009F
    if (c == 0xEF && byte(i + 1) == 0xB7 && byte(i + 2) >= 0x90 && byte(i + 2) <= 0xAF)
      return false;                                                             // U+FDD0 to U+FDEF
    if (c == 0xEF && byte(i + 1) == 0xBF && byte(i + 2) >= 0xBE) return false;  // U+FFFE, U+FFFF
    if (c >= 0xF0 && (byte(i + 1) & 0x0FU) == 0x0F && byte(i + 2) == 0xBF && byte(i + 3) >= 0xBE)
      return false;  // the last two of each other plane
  }
  return true;
}

Result<void> check_mqtt_topic(std::string_view topic) {
  const auto refuse = [&](std::string_view why) {
    return fail(Reason::invalid_argument, std::format("the topic `{}` {}", topic, why));
  };
  if (topic.empty()) return fail(Reason::invalid_argument, "a topic is empty");
  if (topic.size() > 65'535 || !is_utf8(topic))
    return fail(Reason::invalid_argument, "a topic is too long, or not UTF-8");
  if (!is_mqtt_text(topic))
    return fail(Reason::invalid_argument, "a topic holds a control character, or none at all");
  if (topic.front() == '$') return refuse("begins with `$`: those are the broker's own");
  if (topic.find_first_of("+#") != std::string_view::npos)
    return refuse("holds a wildcard (`+` or `#`): say one topic");
  return {};
}

Result<void> check_mqtt_level(std::string_view level) {
  if (auto fit = check_mqtt_topic(level); !fit) return fit;
  if (level.contains('/'))
    return fail(Reason::invalid_argument,
                std::format("`{}` holds a `/`: a value is one level of a topic", level));
  return {};
}

}  // namespace weft::wire
