#include "weft/wire/inflate.h"

#include <zlib.h>

#include <array>
#include <format>

namespace weft::wire {
namespace {

/// A window of 32 KiB, and either head.
constexpr int kAnyWindow = 15 + 32;

struct Stream {
  Stream() { ready = inflateInit2(&z, kAnyWindow) == Z_OK; }
  ~Stream() {
    if (ready) inflateEnd(&z);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream z{};
  bool ready = false;
};

constexpr std::size_t kBlockBytes = 16 * 1024;

}  // namespace

Result<std::string> inflate(std::string_view packed, std::size_t bytes_max) {
  Stream stream;
  if (!stream.ready) return fail(Reason::internal, "there is no memory to unpack the body");
  stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.z.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, kBlockBytes> block{};
  while (true) {
    stream.z.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.z.avail_out = static_cast<uInt>(block.size());
    const int step = ::inflate(&stream.z, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.z.avail_out);
    if (out.size() > bytes_max)
      return fail(Reason::too_large, std::format("the body is longer than {} bytes", bytes_max));
    if (step == Z_STREAM_END) break;
    if (step != Z_OK || (stream.z.avail_in == 0 && stream.z.avail_out != 0))
      return fail(Reason::invalid_argument, "the body is no whole gzip or deflate stream");
  }
  if (stream.z.avail_in != 0)
    return fail(Reason::invalid_argument, "there is more behind the packed stream");
  return out;
}

struct Inflating::State {
  Stream stream;
  std::array<char, kBlockBytes> block{};
  bool between = false;  ///< one stream is over, and no other has begun
};

Inflating::Inflating() : state_(std::make_unique<State>()) {}
Inflating::~Inflating() = default;

Result<void> Inflating::take(std::string_view packed,
                             const std::function<Result<void>(std::string_view)>& give) {
  auto& [stream, block, between] = *state_;
  if (!stream.ready) return fail(Reason::internal, "there is no memory to unpack it");
  stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.z.avail_in = static_cast<uInt>(packed.size());
  bool more = false;  // what had no room in the block is still to come
  while (stream.z.avail_in > 0 || more) {
    if (between && inflateReset(&stream.z) != Z_OK)
      return fail(Reason::internal, "there is no memory to unpack it");
    between = false;
    stream.z.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.z.avail_out = static_cast<uInt>(block.size());
    const int step = ::inflate(&stream.z, Z_NO_FLUSH);
    WEFT_CHECK(give({block.data(), block.size() - stream.z.avail_out}));
    if (step != Z_OK && step != Z_STREAM_END && step != Z_BUF_ERROR)
      return fail(Reason::invalid_argument, "it is no gzip, or a damaged one");
    between = step == Z_STREAM_END;
    more = !between && stream.z.avail_out == 0;
  }
  return {};
}

}  // namespace weft::wire
