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

}  // namespace

Result<std::string> inflate(std::string_view packed, std::size_t bytes_max) {
  Stream stream;
  if (!stream.ready) return fail(Reason::internal, "there is no memory to unpack the body");
  stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.z.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, 16 * 1024> block{};
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

}  // namespace weft::wire
