#include "weft/wire/sse.h"

#include <gtest/gtest.h>

#include <format>

namespace weft::wire {
namespace {

std::string tell(SseReader& reader) {
  std::string out;
  while (const auto event = reader.next()) {
    out += std::format("<{}|{}|{}|{}>", event->event, event->data, event->id,
                       event->retry_ms ? std::to_string(*event->retry_ms) : "");
  }
  return out;
}

std::string read(std::string_view bytes) {
  SseReader reader(1000);
  EXPECT_TRUE(reader.feed(bytes).has_value());
  const std::string whole = tell(reader);
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    SseReader pieces(1000);
    EXPECT_TRUE(pieces.feed(bytes.substr(0, at)).has_value());
    std::string story = tell(pieces);
    EXPECT_TRUE(pieces.feed(bytes.substr(at)).has_value());
    story += tell(pieces);
    EXPECT_EQ(story, whole) << "split at " << at;
  }
  SseReader single(1000);
  for (const char& c : bytes) EXPECT_TRUE(single.feed({&c, 1}).has_value());
  EXPECT_EQ(tell(single), whole);
  return whole;
}

TEST(Sse, ReadsEvents) {
  EXPECT_EQ(read("data: a\n\n"), "<|a||>");
  EXPECT_EQ(read("data:a\r\n\r\ndata: b\r\n\r\n"), "<|a||><|b||>");
  EXPECT_EQ(read("data: a\r\rdata: b\r\r"), "<|a||><|b||>");
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "data: a\n\n"),
            "<|a||>");
  EXPECT_EQ(read("event: e\nid: 7\nretry: 50\ndata: one\ndata: two\n\n"), "<e|one\ntwo|7|50>");
  EXPECT_EQ(read(":comment\n\ndata\n\n"), "<|||>");
  EXPECT_EQ(read("id: 1\ndata:\n\ndata: x\n\nid\ndata: y\n\n"), "<||1|><|x|1|><|y||>");
  EXPECT_EQ(read("retry: x\nretry: 9\n\ndata: a\n\n"), "<|a||9>");
  EXPECT_EQ(read("event: lost\n\ndata: a\n\ndata: never given\n"), "<|a||>");
  EXPECT_EQ(read("data: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n\n"),
            "<|\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80||>");
  EXPECT_EQ(read("unknown: x\ndata:  two spaces\n\n"), "<| two spaces||>");
}

TEST(Sse, KnowsWhenAnEventWasCutOff) {
  const std::string_view stream = ": hello\n\nid: 1\ndata: one\n\ndata: two\n\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    SseReader reader(100);
    ASSERT_TRUE(reader.feed(stream.substr(0, cut)));
    const bool between = cut <= 15 || cut == 26 || cut == stream.size();
    EXPECT_EQ(reader.unfinished(), !between) << cut;
  }
}

TEST(Sse, RefusesWhatIsTooLongOrNoText) {
  SseReader reader(100);
  EXPECT_TRUE(reader.feed("data: fine\n\n").has_value());
  EXPECT_FALSE(reader.feed("data: " + std::string(200, 'x')).has_value());
  SseReader lines(100);
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) refused = !lines.feed("data: 0123456789\n").has_value();
  EXPECT_TRUE(refused);
  SseReader bytes(100);
  EXPECT_FALSE(bytes.feed("data: \xff\xfe\n\n").has_value());
  // Comments that keep the connection alive never add up.
  SseReader calm(100);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(calm.feed(": still there\n").has_value());
}

TEST(Sse, WhatIsWrittenIsReadBack) {
  std::string bytes;
  write_sse(bytes, {"name", "one\ntwo\r\nthree", "id-1", 5});
  write_sse_data(bytes, "{\"a\":1}");
  write_sse(bytes, {"bad\nname", "", "", std::nullopt});
  bytes += kSseKeepAlive;
  EXPECT_EQ(read(bytes), "<name|one\ntwo\nthree|id-1|5><|{\"a\":1}|id-1|><||id-1|>");
}

}  // namespace
}  // namespace weft::wire
