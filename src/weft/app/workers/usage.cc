#include "weft/app/workers/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "weft/base/file.h"

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
