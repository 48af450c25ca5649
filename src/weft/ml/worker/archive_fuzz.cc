// Any bytes as an archive: nothing but files and folders, and only where it may.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <format>

#include "weft/base/file.h"
#include "weft/ml/worker/archive.h"

namespace weft::ml::worker {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace fs = std::filesystem;
  static const fs::path folder =
      fs::temp_directory_path() / std::format("weft-archive-{}", ::getpid());
  fs::remove_all(folder);
  fs::create_directories(folder / "out");
  if (!write_file(folder / "a.tar", {reinterpret_cast<const char*>(data), size})) return 0;
  (void)unpack(folder / "a.tar", folder / "out", {.bytes_max = 1 << 20, .entries_max = 100});
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    const auto kind = each.symlink_status().type();
    if (kind != fs::file_type::regular && kind != fs::file_type::directory) __builtin_trap();
  }
  if (std::distance(fs::directory_iterator(folder), {}) != 2) __builtin_trap();
  return 0;
}

}  // namespace weft::ml::worker
