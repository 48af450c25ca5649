#include "weft/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>

namespace weft {

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error file_error(std::string_view what, const std::filesystem::path& path, int number) {
  std::string message =
      std::format("cannot {} `{}`: {}", what, path.string(), std::strerror(number));
  if (number == ENOSPC || number == EDQUOT || number == EFBIG)
    return make_error(Reason::storage_full, std::move(message));
  Error error = make_error(Reason::internal, std::move(message));
  if (number == ENOENT || number == ENOTDIR) error.code = Code::not_found;
  if (number == EMFILE || number == ENFILE) {
    error = make_error(Reason::rate_limited, std::move(error.message));
  }
  return error;
}

Result<File> File::open(const std::filesystem::path& path) {
  // A pipe that somebody left there would not be opened before it is written to.
  File out(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (out.descriptor_ < 0) {
    const int number = errno;
    // ELOOP: a link where a file should be.
    return fail(file_error("open", path, number == ELOOP ? ENOENT : number));
  }
  WEFT_TRY(const struct stat of, out.status());
  if (!S_ISREG(of.st_mode)) return fail(file_error("open", path, ENOENT));
  return out;
}

Result<File> File::make(const std::filesystem::path& path) {
  File out(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (out.descriptor_ < 0) return fail(file_error("make", path, errno));
  return out;
}

Result<void> File::write(std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(file_error("write", path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> File::read(std::uint64_t offset, std::size_t bytes_max) const {
  std::string out(bytes_max, '\0');
  std::size_t have = 0;
  while (have < bytes_max) {
    const auto got = ::pread(descriptor_, out.data() + have, bytes_max - have,
                             static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("read", "an object", errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return out;
}

Result<void> File::sync(const std::filesystem::path& path) {
  if (::fsync(descriptor_) != 0) return fail(file_error("sync", path, errno));
  return {};
}

Result<struct stat> File::status() const {
  struct stat out{};
  if (::fstat(descriptor_, &out) != 0) return fail(file_error("look at", "a file", errno));
  return out;
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.descriptor() < 0) return fail(file_error("open", folder, errno));
  if (::fsync(opened.descriptor()) != 0) return fail(file_error("sync", folder, errno));
  return {};
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  WEFT_TRY(const File file, File::open(path));
  WEFT_TRY(const struct stat of, file.status());
  const auto size = static_cast<std::uint64_t>(of.st_size);
  if (size > bytes_max) {
    return fail(Reason::too_large,
                std::format("`{}` has {} bytes (at most {})", path.string(), size, bytes_max));
  }
  // It may have grown since.
  return file.read(0, static_cast<std::size_t>(size));
}

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path beside =
      path.parent_path() / std::format(".{}.new", path.filename().string());
  ::unlink(beside.c_str());
  {
    WEFT_TRY(File file, File::make(beside));
    WEFT_CHECK(file.write(bytes, beside));
    WEFT_CHECK(file.sync(beside));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(beside.c_str());
    return fail(file_error("write", path, number));
  }
  return sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

}  // namespace weft
