#include "weft/wire/inflate.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <algorithm>

namespace weft::wire {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;

std::string deflated(std::string text, int window) {
  z_stream z{};
  deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), 0);
  z.next_in = reinterpret_cast<Bytef*>(text.data());
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

TEST(Inflate, GivesBackWhatWasPacked) {
  const std::string text(100'000, 'x');
  for (const int window : {kGzip, kZlib}) {
    EXPECT_EQ(inflate(deflated("abc", window), 3).value(), "abc");
    EXPECT_EQ(inflate(deflated("", window), 3).value(), "");
    EXPECT_EQ(inflate(deflated(text, window), text.size()).value(), text);
  }
}

TEST(Inflate, ABombIsLeftAtTheLimit) {
  const std::string bomb = deflated(std::string(50'000'000, ' '), kGzip);
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(inflate(bomb, 1'000'000).error().reason, Reason::too_large);
  EXPECT_EQ(inflate(deflated("abc", kGzip), 2).error().reason, Reason::too_large);
}

TEST(Inflate, OnlyOneWholeStream) {
  for (const int window : {kGzip, kZlib}) {
    const std::string whole = deflated("abc", window);
    EXPECT_EQ(inflate(whole.substr(0, whole.size() - 1), 3).error().reason,
              Reason::invalid_argument);
    EXPECT_EQ(inflate(whole + "x", 3).error().reason, Reason::invalid_argument);
  }
  EXPECT_EQ(inflate("", 3).error().reason, Reason::invalid_argument);
  EXPECT_EQ(inflate("no gzip", 3).error().reason, Reason::invalid_argument);
}

/// What comes out, the input cut into pieces of so many bytes.
Result<std::string> in_pieces(std::string_view packed, std::size_t bytes) {
  Inflating inflating;
  std::string out;
  for (; !packed.empty(); packed.remove_prefix(std::min(bytes, packed.size()))) {
    WEFT_CHECK(inflating.take(packed.substr(0, bytes), [&](std::string_view block) {
      out += block;
      return Result<void>();
    }));
  }
  return out;
}

TEST(Inflate, PieceByPieceAndOneStreamBehindTheOther) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919);
  const std::string whole = deflated(text, kGzip);
  for (const std::size_t bytes : {1UZ, 1'000UZ, whole.size()}) {
    EXPECT_EQ(in_pieces(whole, bytes).value(), text);
    EXPECT_EQ(in_pieces(whole + deflated("abc", kGzip), bytes).value(), text + "abc");
  }
  EXPECT_FALSE(in_pieces("no gzip", 3).has_value());
  Inflating inflating;
  const auto enough = [](std::string_view) -> Result<void> {
    return fail(Reason::too_large, "enough");
  };
  EXPECT_EQ(inflating.take(whole, enough).error().message, "enough");
}

}  // namespace
}  // namespace weft::wire
