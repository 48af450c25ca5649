#include "weft/store/sqlite/lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <string>
#include <utility>

namespace weft::store::sqlite {
namespace {

/// File systems on which locks or fsync may not mean what they say (from statfs(2)).
constexpr std::array<long, 5> kNetworkFileSystems{0x6969, 0xff534d42, 0x517b, 0x00c36400,
                                                  0x01021997};

/// Of the whole file, for this process alone: unlike flock(2) it does not pass to what the process
/// forks, so that it ends with the process, whatever a child of it was about to become.
struct flock whole_file() {
  struct flock out{};
  out.l_type = F_WRLCK;
  out.l_whence = SEEK_SET;
  return out;
}

std::string holder(int descriptor) {
  struct flock held = whole_file();
  // In another container its number is none of ours.
  if (::fcntl(descriptor, F_GETLK, &held) != 0 || held.l_type == F_UNLCK || held.l_pid <= 0)
    return "another hub";
  return std::format("another hub (process {})", held.l_pid);
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.has_parent_path())
    std::filesystem::create_directories(directory.parent_path(), error);
  if (!error && ::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    error = std::error_code(errno, std::system_category());
  }
  if (error) {
    return fail(Reason::unavailable, std::format("the data directory {} cannot be made: {}",
                                                 directory.string(), error.message()));
  }
  struct statfs system{};
  if (::statfs(directory.c_str(), &system) == 0 &&
      std::ranges::find(kNetworkFileSystems, static_cast<long>(system.f_type)) !=
          kNetworkFileSystems.end()) {
    return fail(Reason::unsupported, std::format("the data directory {} is on a network file "
                                                 "system; weft keeps its journal on a local disk",
                                                 directory.string()));
  }
  const auto file = directory / "hub.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) {
    return fail(Reason::unavailable, std::format("the data directory {} cannot be written: {}",
                                                 directory.string(), std::strerror(errno)));
  }
  DirectoryLock lock(descriptor);
  const struct flock wanted = whole_file();
  if (::fcntl(descriptor, F_SETLK, &wanted) != 0) {
    if (errno != EAGAIN && errno != EACCES) {
      return fail(Reason::unavailable, std::format("the data directory {} cannot be locked: {}",
                                                   directory.string(), std::strerror(errno)));
    }
    return fail(Reason::unavailable, std::format("the data directory {} is in use by {}; stop it, "
                                                 "or give this hub a directory of its own",
                                                 directory.string(), holder(descriptor)));
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace weft::store::sqlite
