#include "weft/app/sent_files.h"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <format>
#include <numeric>
#include <system_error>

#include "weft/base/file.h"
#include "weft/wire/tar.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 1024 * 1024;

bool holds(const fs::path& folder, std::string_view name) {
  std::error_code ignored;
  return fs::exists(folder / name, ignored);
}

/// By what it holds: it may have any name.
bool is_data_folder(const fs::path& folder) {
  return holds(folder, "weft.db") || holds(folder, "weft.sock");
}

bool stays_here(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code ignored;
  if (name.starts_with('.')) return true;
  if (!entry.is_directory(ignored)) return name == "weft.yaml";
  return name == "__pycache__" || holds(entry.path(), "pyvenv.cfg") || is_data_folder(entry.path());
}

std::unexpected<Error> unreadable(const fs::path& path, const std::error_code& error) {
  return fail(Reason::invalid_argument,
              std::format("{} cannot be read: {}", path.string(), error.message()));
}

Result<void> append(File& to, const fs::path& archive, const SentFile& file) {
  WEFT_TRY(const std::string block, wire::tar_block(file.name, file.bytes));
  WEFT_CHECK(to.write(block, archive));
  WEFT_TRY(const File from, File::open(file.path));
  for (std::uint64_t at = 0; at < file.bytes;) {
    const auto wanted = std::min<std::uint64_t>(kPieceBytes, file.bytes - at);
    WEFT_TRY(const std::string piece, from.read(at, static_cast<std::size_t>(wanted)));
    if (piece.empty()) {
      return fail(Reason::invalid_argument,
                  std::format("{} became shorter while it was read", file.path.string()));
    }
    WEFT_CHECK(to.write(piece, archive));
    at += piece.size();
  }
  return to.write(std::string(wire::tar_padding(file.bytes), '\0'), archive);
}

}  // namespace

Result<std::vector<SentFile>> files_to_send(const fs::path& from) {
  std::error_code error;
  if (!fs::is_directory(from, error)) {
    const auto bytes = fs::file_size(from, error);
    if (error) return unreadable(from, error);
    return std::vector<SentFile>{{.path = from, .name = from.filename().string(), .bytes = bytes}};
  }
  if (is_data_folder(from)) {
    return fail(Reason::invalid_argument,
                std::format("{} is the data folder of a hub, which goes nowhere", from.string()));
  }
  std::vector<SentFile> out;
  fs::recursive_directory_iterator each(from, error);
  for (const fs::recursive_directory_iterator end; !error && each != end; each.increment(error)) {
    if (stays_here(*each)) {
      std::error_code ignored;
      if (each->is_directory(ignored)) each.disable_recursion_pending();
      continue;
    }
    if (!each->is_regular_file(error)) continue;
    const auto bytes = each->file_size(error);
    if (error) return unreadable(each->path(), error);
    out.push_back({.path = each->path(),
                   .name = each->path().lexically_relative(from).generic_string(),
                   .bytes = bytes});
  }
  if (error) return unreadable(from, error);
  std::ranges::sort(out, {}, &SentFile::name);
  return out;
}

std::uint64_t bytes_of(const std::vector<SentFile>& files) {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const SentFile& file) { return sum + file.bytes; });
}

Result<void> check_code(const std::vector<SentFile>& files, const fs::path& folder) {
  const std::uint64_t bytes = bytes_of(files);
  if (files.size() <= kCodeFilesMax && bytes <= kCodeBytesMax) return {};
  const auto largest = std::ranges::max_element(files, {}, &SentFile::bytes);
  return fail(
      Reason::too_large,
      std::format("the script's folder {} holds {} files of {} bytes, the largest {} of {}; as its "
                  "code at most {} files of {} bytes go along: put the script and what it imports "
                  "into a folder of their own, and name its data under `data`",
                  folder.string(), files.size(), bytes, largest->name, largest->bytes,
                  kCodeFilesMax, kCodeBytesMax));
}

Result<void> pack_files(const std::vector<SentFile>& files, const fs::path& archive) {
  WEFT_TRY(File to, File::make(archive));
  for (const SentFile& file : files) WEFT_CHECK(append(to, archive, file));
  return to.write(std::string(2 * wire::kTarBlockBytes, '\0'), archive);
}

Result<TemporaryFolder> TemporaryFolder::create() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "weft-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr)
    return fail(file_error("make", name, error ? error.value() : errno));
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace weft::app
