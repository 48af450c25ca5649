#include "weft/wire/aws_events.h"

#include <gtest/gtest.h>

#include "weft/wire/base64.h"

namespace weft::wire {
namespace {

AwsEvent part(std::string payload) {
  return {{{":message-type", "event"},
           {":event-type", "PayloadPart"},
           {":content-type", "application/octet-stream"}},
          std::move(payload)};
}

TEST(AwsEvents, AnEmptyMessageIsSixteenBytes) {
  // The first vector of the specification's reference test cases ("empty_message").
  std::string out;
  write_aws_event(out, {});
  EXPECT_EQ(base64_encode(out), base64_encode(std::string("\x00\x00\x00\x10\x00\x00\x00\x00"
                                                          "\x05\xc2\x48\xeb\x7d\x98\xc8\xff",
                                                          16)));
}

TEST(AwsEvents, BothWaysInAnyPieces) {
  std::string bytes;
  const std::vector<AwsEvent> events = {part("hello"), part(""), part(std::string(3000, 'x'))};
  for (const AwsEvent& event : events) write_aws_event(bytes, event);
  for (const std::size_t size : {std::size_t{1}, std::size_t{13}, bytes.size()}) {
    AwsEventReader reader(4096);
    std::vector<AwsEvent> read;
    for (std::string_view rest = bytes; !rest.empty();) {
      reader.feed(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
      while (true) {
        auto event = reader.next();
        ASSERT_TRUE(event.has_value());
        if (!*event) break;
        read.push_back(**event);
      }
    }
    EXPECT_EQ(read, events);
    EXPECT_FALSE(reader.unfinished());
  }
  EXPECT_EQ(events[0].header(":event-type"), "PayloadPart");
  EXPECT_EQ(events[0].header("none"), "");
}

TEST(AwsEvents, EveryFlippedBitIsFound) {
  std::string bytes;
  write_aws_event(bytes, part("hello"));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    AwsEventReader reader(4096);
    reader.feed(flipped);
    EXPECT_FALSE(reader.next().has_value()) << bit;
  }
}

TEST(AwsEvents, TooLong) {
  std::string bytes;
  write_aws_event(bytes, part(std::string(5000, 'x')));
  AwsEventReader reader(4096);
  reader.feed(std::string_view(bytes).substr(0, 12));
  const auto event = reader.next();
  ASSERT_FALSE(event.has_value());
  EXPECT_EQ(event.error().reason, Reason::too_large);
}

}  // namespace
}  // namespace weft::wire
