// Any bytes, as a worker gone mad might send them: whole frames come out as they went in.
#include <cstdint>
#include <cstring>

#include "weft/wire/worker_frames.h"

namespace weft::wire {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  WorkerFrameReader reader(4096);
  std::memcpy(reader.space(size + 1), data, size);
  reader.took(size);
  while (true) {
    const auto frame = reader.next();
    if (!frame || !*frame) return 0;
    std::string written;
    write_frame(written, **frame);
    WorkerFrameReader again(4096);
    std::memcpy(again.space(written.size()), written.data(), written.size());
    again.took(written.size());
    const auto read = again.next();
    if (!read || !*read || !(**read == **frame)) __builtin_trap();
  }
}

}  // namespace weft::wire
