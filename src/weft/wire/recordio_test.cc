#include "weft/wire/recordio.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft::wire {
namespace {

std::string read_all(std::string_view bytes, std::vector<std::string>& out) {
  RecordReader reader(bytes);
  while (true) {
    const auto record = reader.next();
    if (!record) return record.error().message;
    if (!*record) return "";
    out.emplace_back(**record);
  }
}

TEST(RecordIo, TheFrame) {
  std::string bytes;
  write_record(bytes, "hello");
  EXPECT_EQ(bytes, std::string("\x0a\x23\xd7\xce\x05\x00\x00\x00hello\x00\x00\x00", 16));
}

TEST(RecordIo, BothWays) {
  const std::string mark = "\x0a\x23\xd7\xce";
  const std::vector<std::string> records = {"",
                                            "a",
                                            "abcd",
                                            std::string(1000, 'x'),
                                            mark,
                                            mark + mark,
                                            "abcd" + mark + "e",
                                            "ab" + mark + "cd"};
  std::string bytes;
  for (const std::string& record : records) write_record(bytes, record);
  std::vector<std::string> read;
  EXPECT_EQ(read_all(bytes, read), "");
  EXPECT_EQ(read, records);
}

TEST(RecordIo, WhatIsCutOffIsFound) {
  std::string bytes;
  write_record(bytes, "abcdefg");
  write_record(bytes, "hij");
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    std::vector<std::string> read;
    const std::string why = read_all(std::string_view(bytes).substr(0, size), read);
    // Whole records alone, and the padding of the last one may be missing.
    const bool first = size == 15 || size == 16;
    const bool second = size == bytes.size() - 1;
    EXPECT_EQ(why.empty(), first || second) << size << why;
  }
}

TEST(RecordIo, WhatIsWrongIsNamed) {
  std::vector<std::string> read;
  std::string bytes;
  write_record(bytes, "abcd");
  EXPECT_EQ(read_all(bytes + "12345678", read),
            "record 2 at byte 12: it does not begin with RecordIO's mark 0xced7230a");
  EXPECT_EQ(read_all(bytes + "123", read), "record 2 at byte 12: it is cut off");
  bytes[7] = '\x60';
  EXPECT_EQ(read_all(bytes, read), "record 1 at byte 0: a part of a record without its beginning");
  bytes[7] = '\x20';
  EXPECT_EQ(read_all(bytes, read), "record 1 at byte 0: it is cut off");
}

}  // namespace
}  // namespace weft::wire
