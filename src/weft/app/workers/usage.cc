#include "weft/app/workers/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "weft/app/workers/limits.h"

namespace weft::app {
namespace {

/// A file of /proc, as much of it as the block holds; empty when there is none.
std::string_view read_into(std::span<char> block, const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::size_t size = 0;
  while (file.descriptor() >= 0 && size < block.size()) {
    const ssize_t count = ::read(file.descriptor(), block.data() + size, block.size() - size);
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  return {block.data(), size};
}

std::uint64_t number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

/// The number of the line `NAME: 12 kB`; 0 when there is none.
std::uint64_t field(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  return at == std::string_view::npos ? 0 : number_at(text.substr(at + name.size()));
}

class Tree {
 public:
  Tree(std::size_t tasks_max, bool exact) : tasks_max_(tasks_max), exact_(exact) {}

  void count_below(int root) {
    add_children(root, root);
    for (std::size_t i = 0; i < pids_.size() && tasks_ < tasks_max_; ++i) count(pids_[i]);
  }
  std::size_t tasks() const { return tasks_; }
  const std::vector<int>& processes() const { return pids_; }
  std::uint64_t own_bytes() const { return own_kb_ * 1024; }
  std::uint64_t shared_bytes() const { return shared_kb_ * 1024; }

 private:
  void count(int pid) {
    const auto status = read_into(block_, std::format("/proc/{}/status", pid));
    if (status.empty()) return;
    const std::size_t threads = std::max<std::uint64_t>(field(status, "\nThreads:"), 1);
    const std::uint64_t own = field(status, "\nRssAnon:");
    const std::uint64_t shared = field(status, "\nRssShmem:");
    tasks_ += threads;
    std::string_view parts;
    if (exact_) parts = read_into(block_, std::format("/proc/{}/smaps_rollup", pid));
    // Not everybody may look, and old kernels do not tell.
    const bool told = parts.contains("Pss_Anon:");
    own_kb_ += told ? field(parts, "Pss_Anon:") : own;
    shared_kb_ += told ? field(parts, "Pss_Shmem:") : shared;
    if (threads == 1) {
      add_children(pid, pid);
    } else {
      add_children_of_threads(pid);
    }
  }

  void add_children_of_threads(int pid) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(
        ::opendir(std::format("/proc/{}/task", pid).c_str()), ::closedir);
    if (!folder) return;
    while (const dirent* entry = ::readdir(folder.get())) {
      const int thread = static_cast<int>(number_at(entry->d_name));
      if (thread > 0) add_children(pid, thread);
    }
  }

  void add_children(int pid, int thread) {
    auto text = read_into(block_, std::format("/proc/{}/task/{}/children", pid, thread));
    while (!text.empty() && pids_.size() < tasks_max_) {
      const auto stop = std::min(text.find(' '), text.size());
      const int child = static_cast<int>(number_at(text.substr(0, stop)));
      if (child > 0) pids_.push_back(child);
      text.remove_prefix(std::min(stop + 1, text.size()));
    }
  }

  std::size_t tasks_max_;
  bool exact_;
  std::array<char, 16 * 1024> block_{};
  std::vector<int> pids_;
  std::size_t tasks_ = 0;
  std::uint64_t own_kb_ = 0;
  std::uint64_t shared_kb_ = 0;
};

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

bool is_itself(const char* name) {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

class DiskCount {
 public:
  DiskCount(const DiskBounds& bounds, std::size_t names_max)
      : bounds_(bounds), names_left_(names_max) {}

  bool too_much() const { return bytes_ > bounds_.bytes_max; }
  bool too_many() const { return names_left_ == 0; }
  bool too_deep() const { return too_deep_; }

  void add_folder(int above, const char* name, int depth) {
    const int at = open_folder(above, name);
    if (at < 0) return;
    struct stat of{};
    const Folder folder(::fdopendir(at), ::closedir);
    if (!folder) {
      ::close(at);
      return;
    }
    if (::fstat(at, &of) != 0) return;
    devices_.insert(of.st_dev);
    if (depth > 0 && is_apart(of)) return;
    // A folder below another that can be written to is one of both.
    if (!seen_.insert({of.st_dev, of.st_ino}).second) return;
    too_deep_ = too_deep_ || depth > kDiskDepthMax;
    while (!over()) {
      const dirent* entry = ::readdir(folder.get());
      if (entry == nullptr) return;
      if (is_itself(entry->d_name)) continue;
      --names_left_;
      bytes_ += kNameBytes;
      if (::fstatat(at, entry->d_name, &of, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(of.st_mode)) {
        add_folder(at, entry->d_name, depth + 1);
      } else if (!is_apart(of)) {
        add_file(of, of.st_nlink > 1);
      }
    }
  }

  /// Files that were removed and are still written to. Threads may each have their own.
  void add_open_files(int pid) {
    const Folder threads(::opendir(std::format("/proc/{}/task", pid).c_str()), ::closedir);
    while (threads && !over()) {
      const dirent* entry = ::readdir(threads.get());
      if (entry == nullptr) return;
      if (!is_itself(entry->d_name))
        add_descriptors(std::format("/proc/{}/task/{}/fd", pid, entry->d_name));
    }
  }

 private:
  bool over() const { return too_much() || too_many() || too_deep_; }
  bool is_apart(const struct stat& of) const {
    return std::ranges::contains(bounds_.apart, std::pair(of.st_dev, of.st_ino));
  }

  /// One that was made unreadable, to hide what is in it, is made readable again.
  static int open_folder(int above, const char* name) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const int at = ::openat(above, name, kFlags);
    if (at >= 0 || errno != EACCES) return at;
    const File place(::openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    const std::string path = std::format("/proc/self/fd/{}", place.descriptor());
    if (place.descriptor() < 0 || ::chmod(path.c_str(), S_IRWXU) != 0) return -1;
    return ::openat(above, name, kFlags);
  }

  void add_descriptors(const std::string& path) {
    const Folder folder(::opendir(path.c_str()), ::closedir);
    while (folder && !over()) {
      const dirent* entry = ::readdir(folder.get());
      if (entry == nullptr) return;
      struct stat of{};
      if (is_itself(entry->d_name) || ::fstatat(::dirfd(folder.get()), entry->d_name, &of, 0) != 0)
        continue;
      --names_left_;
      const bool nameless = S_ISREG(of.st_mode) && of.st_nlink == 0;
      if (nameless && devices_.contains(of.st_dev)) add_file(of, /*shared=*/true);
    }
  }

  void add_file(const struct stat& of, bool shared) {
    if (shared && !seen_.insert({of.st_dev, of.st_ino}).second) return;
    // st_blocks counts 512 bytes, whatever the file system's own blocks are.
    bytes_ += static_cast<std::uint64_t>(of.st_blocks) * 512;
  }

  /// What a name itself takes.
  static constexpr std::uint64_t kNameBytes = 1024;

  const DiskBounds& bounds_;
  std::size_t names_left_;
  std::uint64_t bytes_ = 0;
  bool too_deep_ = false;
  std::set<dev_t> devices_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

std::uint64_t held_in(const std::string& folder) {
  struct statfs told{};
  if (::statfs(folder.c_str(), &told) != 0 || told.f_type != TMPFS_MAGIC) return 0;
  return (told.f_blocks - told.f_bfree) * static_cast<std::uint64_t>(told.f_bsize);
}

}  // namespace

int parent_of(int pid) {
  std::array<char, 1024> block{};
  const auto text = read_into(block, std::format("/proc/{}/stat", pid));
  // The program's name, in brackets, may hold anything.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 4 > text.size()) return 0;
  return static_cast<int>(number_at(text.substr(name_end + 4)));
}

std::uint64_t disk_share(std::uint64_t wanted, std::uint64_t free) {
  const std::uint64_t spare = free > 2 * kDiskFree ? free - kDiskFree : free / 2;
  return std::max(std::min(wanted, spare), kDiskBytesLeast);
}

DiskUse disk_use(const DiskBounds& disk, int root, std::size_t names_max) {
  DiskCount count(disk, names_max);
  for (const File& folder : disk.folders) count.add_folder(folder.descriptor(), ".", 0);
  Tree tree(kTasksBase * 16, /*exact=*/false);
  if (root > 0) tree.count_below(root);
  for (const int pid : tree.processes()) count.add_open_files(pid);
  if (count.too_much()) return DiskUse::too_much;
  if (count.too_deep()) return DiskUse::too_deep;
  return count.too_many() ? DiskUse::too_many : DiskUse::fits;
}

Usage usage_below(int root, std::size_t tasks_max, bool exact) {
  Tree tree(tasks_max, exact);
  tree.count_below(root);
  std::uint64_t files = 0;
  for (const std::string_view folder : {"/tmp", "/dev/shm"})
    files += held_in(std::format("/proc/{}/root{}", root, folder));
  // What processes have mapped of those files is in both.
  return {.memory_bytes = tree.own_bytes() + std::max(tree.shared_bytes(), files),
          .tasks = tree.tasks()};
}

}  // namespace weft::app
