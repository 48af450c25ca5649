#include "weft/wire/worker_frames.h"

#include <gtest/gtest.h>

#include <cstring>

namespace weft::wire {
namespace {

using Kind = WorkerFrameKind;

void feed(WorkerFrameReader& reader, std::string_view bytes) {
  std::memcpy(reader.space(bytes.size()), bytes.data(), bytes.size());
  reader.took(bytes.size());
}

TEST(WorkerFrames, BothWaysInAnyPieces) {
  const std::string big(100'000, 'x');
  const std::vector<WorkerFrame> frames = {{.kind = Kind::invoke,
                                            .id = 7,
                                            .type = "text/csv",
                                            .accept = "a",
                                            .attributes = "",
                                            .body = "1,2"},
                                           {.kind = Kind::reply,
                                            .id = 7,
                                            .status = 200,
                                            .type = "t",
                                            .accept = "",
                                            .attributes = "b",
                                            .body = big},
                                           {.kind = Kind::cancel,
                                            .id = 0xFFFFFFFF,
                                            .type = "",
                                            .accept = "",
                                            .attributes = "",
                                            .body = ""}};
  std::string bytes;
  for (const WorkerFrame& frame : frames) write_frame(bytes, frame);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, bytes.size()}) {
    WorkerFrameReader reader(1 << 20);
    std::size_t read = 0;
    for (std::string_view rest = bytes; !rest.empty();) {
      feed(reader, rest.substr(0, piece));
      rest.remove_prefix(std::min(piece, rest.size()));
      while (true) {
        const auto frame = reader.next();
        ASSERT_TRUE(frame.has_value());
        if (!*frame) break;
        ASSERT_LT(read, frames.size());
        EXPECT_TRUE(**frame == frames[read]) << read;
        ++read;
      }
    }
    EXPECT_EQ(read, frames.size());
  }
}

TEST(WorkerFrames, WhatCannotBeIsRefused) {
  std::string bytes;
  write_frame(bytes, {.kind = Kind::invoke,
                      .id = 1,
                      .type = "t",
                      .accept = "",
                      .attributes = "",
                      .body = "hello"});
  const auto refused = [](std::string spoilt, std::size_t max) {
    WorkerFrameReader reader(max);
    feed(reader, spoilt);
    return !reader.next().has_value();
  };
  EXPECT_FALSE(refused(bytes, 1000));
  EXPECT_TRUE(refused(bytes, 10));
  for (const auto& [at, value] : {std::pair{0, 3}, {8, 9}, {9, 3}, {12, 100}, {16, 50}, {23, 1}}) {
    std::string spoilt = bytes;
    spoilt[static_cast<std::size_t>(at)] = static_cast<char>(value);
    EXPECT_TRUE(refused(spoilt, 1000)) << at;
  }
}

}  // namespace
}  // namespace weft::wire
