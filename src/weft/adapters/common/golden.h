// Golden files of the adapters' tests: what the wire looks like, reviewed as a diff. Owned by
// adapters/common; tests alone.
//
// A test program run with `--update` rewrites the files instead of comparing.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace weft::adapters {

/// The arguments of this process, as one text.
inline std::string process_arguments() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline bool golden_update() {
  static const bool update = process_arguments().contains(std::string_view("\0--update", 9));
  return update;
}

inline std::string read_text_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// What the golden file says; with `--update` it is made to say `text` first. `folder` ends in
/// `golden`.
inline std::string golden(const std::filesystem::path& folder, std::string_view name,
                          std::string_view text) {
  const auto path = folder / name;
  if (golden_update()) {
    std::filesystem::create_directories(folder);
    std::ofstream(path, std::ios::binary) << text;
  }
  return read_text_file(path);
}

}  // namespace weft::adapters
