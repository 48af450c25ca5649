// Any bytes: records that are read can be written and are read back.
#include <cstdint>
#include <vector>

#include "weft/wire/recordio.h"

namespace weft::wire {
namespace {

bool read(std::string_view bytes, std::vector<std::string>& out) {
  RecordReader reader(bytes);
  while (true) {
    const auto record = reader.next();
    if (!record) return false;
    if (!*record) return true;
    out.emplace_back(**record);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> records;
  (void)read({reinterpret_cast<const char*>(data), size}, records);
  std::string written;
  for (const std::string& record : records) write_record(written, record);
  std::vector<std::string> again;
  if (!read(written, again) || again != records) __builtin_trap();
  // The input itself as a record.
  written.clear();
  write_record(written, {reinterpret_cast<const char*>(data), size});
  again.clear();
  if (!read(written, again) || again.size() != 1 ||
      again[0] != std::string_view(reinterpret_cast<const char*>(data), size)) {
    __builtin_trap();
  }
  return 0;
}

}  // namespace weft::wire
