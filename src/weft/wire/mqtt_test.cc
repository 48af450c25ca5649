#include "weft/wire/mqtt.h"

#include <gtest/gtest.h>

namespace weft::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

MqttFrame frame_of(std::string_view bytes) {
  return next_mqtt_frame(bytes, 1 << 20).value().value();
}

TEST(Mqtt, ConnectAsTheStandardWritesIt) {
  // 3.1: protocol name, version, flags, keep alive, properties, client id, user, password.
  MqttConnect connect{.client_id = "c", .user = "u", .password = "p", .keep_alive_s = 10};
  EXPECT_EQ(write_mqtt(connect),
            "\x10\x14\x00\x04MQTT\x05\xC2\x00\x0A\x00\x00\x01"
            "c\x00\x01u\x00\x01p"s);
  connect = {.client_id = "c", .receive_maximum = 16, .packet_bytes_max = 1024};
  EXPECT_EQ(write_mqtt(connect),
            "\x10\x16\x00\x04MQTT\x05\x02\x00\x00\x08\x21\x00\x10\x27\x00\x00\x04\x00\x00\x01"
            "c"s);
}

TEST(Mqtt, AMessageGoesThereAndBack) {
  const MqttPublish message{.topic = "city/taxi",
                            .payload = "{}",
                            .qos = 1,
                            .id = 7,
                            .response_topic = "r/1",
                            .correlation = "\0\xFF"s,
                            .content_type = "application/json",
                            .expiry_s = 30,
                            .utf8 = true,
                            .user = {{"a", "b"}, {"a", "c"}}};
  const std::string bytes = write_mqtt(message).value();
  EXPECT_EQ(read_mqtt_publish(frame_of(bytes)).value(), message);
  EXPECT_EQ(message.property("a"), "b");
  EXPECT_EQ(message.property("z"), "");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(next_mqtt_frame(bytes.substr(0, cut), 1 << 20).value()) << cut;
}

TEST(Mqtt, WhatIsTooLongIsFoundBeforeItCame) {
  EXPECT_EQ(next_mqtt_frame("\x30\xFF\xFF\xFF\x7F", 1024).error().reason, Reason::too_large);
  EXPECT_EQ(next_mqtt_frame("\x30\xFF\xFF\xFF\xFF\x01", 1024).error().reason,
            Reason::upstream_protocol);
  EXPECT_EQ(next_mqtt_frame("\x00\x00"sv, 1024).error().reason, Reason::upstream_protocol);
}

TEST(Mqtt, WhatTheServerAllows) {
  EXPECT_FALSE(read_mqtt_connack(frame_of("\x20\x06\x00\x00\x05\x21\x00\x05"sv))) << "cut short";
  const auto whole = read_mqtt_connack(
      frame_of("\x20\x10\x01\x00\x0D\x21\x00\x05\x24\x01\x27\x00\x00\x10\x00\x13\x00\x3C"sv));
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(*whole, (MqttConnack{.session_present = true,
                                 .receive_maximum = 5,
                                 .qos_max = 1,
                                 .packet_bytes_max = 4096,
                                 .keep_alive_s = 60}));
  // A 3.1.1 server: unacceptable protocol version.
  EXPECT_EQ(read_mqtt_connack(frame_of("\x20\x02\x00\x01"sv)).value().reason, 0x84);
  EXPECT_FALSE(read_mqtt_connack(frame_of("\x20\x06\x00\x00\x03\x21\x00\x00"sv)));
  EXPECT_FALSE(read_mqtt_connack(frame_of("\x20\x09\x00\x00\x06\x21\x00\x01\x21\x00\x01"sv)))
      << "a property that stands twice";
  EXPECT_FALSE(read_mqtt_connack(frame_of("\x20\x05\x00\x00\x02\x7E\x00"sv)));
}

TEST(Mqtt, Acknowledgements) {
  EXPECT_EQ(read_mqtt_ack(frame_of("\x40\x02\x00\x07"sv)).value(),
            (MqttAck{.id = 7, .reasons = {0}}));
  EXPECT_EQ(read_mqtt_ack(frame_of("\x40\x03\x00\x07\x10"sv)).value().reasons.front(), kMqttNobody);
  EXPECT_EQ(read_mqtt_ack(frame_of("\x40\x09\x00\x07\x87\x05\x1F\x00\x02no"sv)).value(),
            (MqttAck{.id = 7, .reasons = {0x87}, .words = "no"}));
  EXPECT_EQ(read_mqtt_ack(frame_of("\x90\x04\x00\x09\x00\x01"sv)).value(),
            (MqttAck{.id = 9, .reasons = {1}}));
  EXPECT_FALSE(read_mqtt_ack(frame_of("\x90\x03\x00\x09\x00"sv)));
  EXPECT_EQ(write_mqtt_puback(7), "\x40\x02\x00\x07"sv);
  EXPECT_EQ(write_mqtt_subscribe(9, "a/b", 1, MqttRetained::never),
            "\x82\x09\x00\x09\x00\x00\x03"
            "a/b\x21"sv);
  EXPECT_EQ(write_mqtt_unsubscribe(9, "a"),
            "\xA2\x06\x00\x09\x00\x00\x01"
            "a"sv);
  EXPECT_EQ(read_mqtt_disconnect(frame_of("\xE0\x01\x8B"sv)).value().reason, 0x8B);
  EXPECT_EQ(mqtt_reason(0x87, "go\naway"), "not authorized (0x87): go away");
}

TEST(Mqtt, AMessageThatWasNotAskedForIsRefused) {
  EXPECT_FALSE(
      read_mqtt_publish(frame_of("\x34\x07\x00\x01"
                                 "a\x00\x01\x00x"sv)))
      << "QoS 2";
  EXPECT_FALSE(read_mqtt_publish(frame_of("\x30\x05\x00\x01#\x00x"sv)));
  EXPECT_FALSE(
      read_mqtt_publish(frame_of("\x30\x07\x00\x01"
                                 "a\x03\x23\x00\x01"sv)))
      << "a topic alias";
  EXPECT_FALSE(
      read_mqtt_publish(frame_of("\x32\x06\x00\x01"
                                 "a\x00\x00\x00"sv)))
      << "no identifier";
  EXPECT_FALSE(read_mqtt_publish(frame_of("\x30\x04\x00\x01\xFF\x00"sv)));
}

TEST(Mqtt, TopicsAndLevels) {
  for (const auto topic : {"a"sv, "a/b c/ü"sv, "/"sv, "a//b"sv})
    EXPECT_TRUE(check_mqtt_topic(topic));
  for (const auto topic : {""sv, "a/+/b"sv, "a/#"sv, "$SYS/a"sv, "a\0b"sv, "a\nb"sv, "\xC0"sv})
    EXPECT_FALSE(check_mqtt_topic(topic)) << topic;
  EXPECT_FALSE(check_mqtt_topic(std::string(65'536, 'a')));
  EXPECT_TRUE(check_mqtt_level("car 7.1"));
  for (const auto level : {""sv, "a/b"sv, "+"sv, "#"sv, "$share"sv, "\0"sv})
    EXPECT_FALSE(check_mqtt_level(level)) << level;
  EXPECT_FALSE(write_mqtt(MqttPublish{.topic = "a/#"}));
  EXPECT_FALSE(write_mqtt(MqttPublish{.topic = "a", .user = {{"a", std::string(70'000, 'b')}}}));
  EXPECT_FALSE(write_mqtt(MqttPublish{.topic = "a", .payload = "\xFF", .utf8 = true}));
}

}  // namespace
}  // namespace weft::wire
