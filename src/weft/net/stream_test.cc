#include "weft/net/stream.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "weft/net/loop.h"

namespace weft::net {
namespace {

class Told final : public Stream::Listener {
 public:
  void on_stream() override { ++times; }
  int times = 0;
};

/// Two ends of one connection; the other one always has bytes for ours.
class Fed {
 public:
  Fed() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    other_ = ends[1];
    stream.emplace(Poller::of(loop.executor()), ends[0], told);
    feed();
    loop.io().poll();
  }
  ~Fed() { ::close(other_); }
  void feed() {
    while (::send(other_, block_.data(), block_.size(), MSG_NOSIGNAL) > 0) {
    }
  }
  /// Reads until the stream gives nothing, though there is always more.
  std::size_t read_on() {
    std::size_t bytes = 0;
    while (true) {
      const Stream::Io io = stream->read(block_.data(), block_.size());
      if (io.status != Stream::Status::ok) return bytes;
      bytes += io.bytes;
      if (bytes > 4 * kShareBytesMax) return bytes;
      feed();
    }
  }

  Loop loop{"test"};
  Told told;
  std::optional<Stream> stream;

 private:
  std::array<char, 16 * 1024> block_{};
  int other_ = -1;
};

TEST(Stream, RestsWhenItsShareIsUsedUp) {
  Fed fed;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(fed.stream->readable()) << i;
    EXPECT_EQ(fed.read_on(), kShareBytesMax) << i;
    EXPECT_FALSE(fed.stream->readable()) << i;
    const int before = fed.told.times;
    fed.loop.io().poll();
    EXPECT_GT(fed.told.times, before) << i;
  }
}

TEST(Stream, KnowsAlsoAtRestWhetherSomethingCame) {
  Fed fed;
  fed.read_on();
  EXPECT_FALSE(fed.stream->readable());
  EXPECT_FALSE(fed.stream->quiet());
}

TEST(Stream, MayGoWhileItRests) {
  Fed fed;
  fed.read_on();
  const int before = fed.told.times;
  fed.stream->close();
  EXPECT_EQ(fed.read_on(), 0U);
  fed.stream.reset();
  fed.loop.io().poll();
  EXPECT_EQ(fed.told.times, before);
}

}  // namespace
}  // namespace weft::net
