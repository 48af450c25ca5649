#include "weft/app/workers/cgroups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <format>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "weft/base/file.h"

namespace weft::app {
namespace {

namespace fs = std::filesystem;

/// Where the hub itself goes, and how a program's groups begin.
constexpr std::string_view kHubGroup = "weft-hub";
constexpr std::string_view kWorkerGroup = "weft-worker-";
constexpr int kPeriodUs = 100'000;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

Result<void> put(const fs::path& path, std::string_view value) {
  const File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.descriptor() < 0) return fail(file_error("open", path, errno));
  // In one piece: each write is an order.
  if (::write(file.descriptor(), value.data(), value.size()) != std::ssize(value))
    return fail(file_error("write", path, errno));
  return {};
}

bool names(std::string_view list, std::string_view word, char separator) {
  while (!list.empty()) {
    const auto stop = std::min(list.find_first_of(std::string{separator, '\n'}), list.size());
    if (list.substr(0, stop) == word) return true;
    list.remove_prefix(std::min(stop + 1, list.size()));
  }
  return false;
}

Controllers controllers_in(std::string_view list, char separator) {
  return {.memory = names(list, "memory", separator),
          .processors = names(list, "cpu", separator),
          .tasks = names(list, "pids", separator)};
}

bool any(const Controllers& some) { return some.memory || some.processors || some.tasks; }

struct Mount {
  int version = 2;
  Controllers controllers;  ///< version 1
  fs::path root;            ///< what of the hierarchy is mounted
  fs::path point;
};

/// A line of mountinfo: `36 35 0:30 ROOT POINT rw - cgroup SOURCE rw,memory`.
std::optional<Mount> read_mount(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  Mount out;
  for (int i = 0; i < 5 && words >> word; ++i) {
    if (i == 3) out.root = word;
    if (i == 4) out.point = word;
  }
  while (words >> word && word != "-") continue;
  std::string type;
  std::string options;
  if (!(words >> type >> word >> options)) return std::nullopt;
  if (type == "cgroup2") return out;
  if (type != "cgroup") return std::nullopt;
  out.version = 1;
  out.controllers = controllers_in(options, ',');
  return out;
}

/// Where the group PATH of a hierarchy is, as this mount shows it.
std::optional<fs::path> place_in(const Mount& mount, const fs::path& path) {
  const fs::path inside =
      mount.root == "/" ? path.relative_path() : path.lexically_relative(mount.root);
  if (inside.native().starts_with("..")) return std::nullopt;
  return inside.empty() || inside == "." ? mount.point : mount.point / inside;
}

/// What a group is left with: the least of its own limit and those above it, up to the mount.
std::uint64_t least_limit(fs::path folder, const fs::path& top, std::string_view name) {
  std::uint64_t least = 0;
  while (true) {
    const std::string text = text_of(folder / name);
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    // Version 1 says `no limit` by a number that no machine has.
    const bool limited = read.ec == std::errc() && value < (1ULL << 60);
    if (limited && (least == 0 || value < least)) least = value;
    if (folder == top || folder == folder.root_path()) return least;
    folder = folder.parent_path();
  }
}

bool can_write(const fs::path& folder) { return ::access(folder.c_str(), W_OK | X_OK) == 0; }

/// What is left of programs whose hub was killed; what is in use cannot be removed.
void remove_left(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().native();
    if (!name.starts_with(kWorkerGroup)) continue;
    int pid = 0;
    const std::string_view number = std::string_view(name).substr(kWorkerGroup.size());
    std::from_chars(number.data(), number.data() + number.size(), pid);
    if (pid > 0 && ::access(std::format("/proc/{}", pid).c_str(), F_OK) != 0)
      ::rmdir(each->path().c_str());
  }
}

/// Makes `folder` a group whose children can have limits; empty when it cannot be one.
Controllers open_for_children(const fs::path& folder, bool member) {
  const Controllers offered = controllers_in(text_of(folder / "cgroup.controllers"), ' ');
  std::string wanted;
  if (offered.memory) wanted += "+memory ";
  if (offered.processors) wanted += "+cpu ";
  if (offered.tasks) wanted += "+pids ";
  if (wanted.empty()) return {};
  wanted.pop_back();
  const fs::path own = folder / kHubGroup;
  const bool moved = member && (::mkdir(own.c_str(), 0755) == 0 || errno == EEXIST) &&
                     put(own / "cgroup.procs", std::to_string(::getpid())).has_value();
  if (member && !moved) {
    ::rmdir(own.c_str());
    return {};
  }
  if (put(folder / "cgroup.subtree_control", wanted)) return offered;
  if (moved) {
    // Others are in the group: back to them.
    (void)put(folder / "cgroup.procs", std::to_string(::getpid()));
    ::rmdir(own.c_str());
  }
  return {};
}

}  // namespace

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  if (this != &other) {
    (void)remove();
    folders_ = std::exchange(other.folders_, {});
  }
  return *this;
}

Result<void> Cgroup::join(int pid) const {
  for (const fs::path& folder : folders_)
    WEFT_CHECK(put(folder / "cgroup.procs", std::to_string(pid)));
  return {};
}

bool Cgroup::out_of_memory_in(const fs::path& file) {
  constexpr std::string_view kCount = "oom_kill ";
  const std::string text = text_of(file);
  const auto at = text.find(kCount);
  return at != std::string::npos && text.substr(at + kCount.size(), 1) != "0";
}

bool Cgroup::out_of_memory() const {
  return std::ranges::any_of(folders_, [](const fs::path& folder) {
    return out_of_memory_in(folder / "memory.events") ||
           out_of_memory_in(folder / "memory.oom_control");
  });
}

fs::path Cgroup::told_in() const {
  for (const fs::path& folder : folders_) {
    if (::access((folder / "memory.oom_control").c_str(), R_OK) == 0)
      return folder / "memory.oom_control";
  }
  return {};
}

bool Cgroup::remove() {
  std::erase_if(folders_, [](const fs::path& folder) {
    return ::rmdir(folder.c_str()) == 0 || errno != EBUSY;
  });
  return folders_.empty();
}

Cgroups Cgroups::find(const Files& files) {
  std::vector<Mount> mounts;
  std::ifstream mounted(files.mounts);
  for (std::string line; std::getline(mounted, line);) {
    if (auto mount = read_mount(line)) mounts.push_back(*std::move(mount));
  }
  Cgroups out;
  std::ifstream own(files.self);
  // `4:memory:/PATH` of version 1, `0::/PATH` of version 2.
  for (std::string line; std::getline(own, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view list = std::string_view(line).substr(first + 1, second - first - 1);
    const Controllers controllers = controllers_in(list, ',');
    if (!list.empty() && !any(controllers)) continue;
    const auto mount = std::ranges::find_if(mounts, [&](const Mount& each) {
      return list.empty() ? each.version == 2
                          : each.version == 1 && each.controllers == controllers;
    });
    if (mount == mounts.end()) continue;
    const auto folder = place_in(*mount, line.substr(second + 1));
    if (!folder) continue;
    if (mount->version == 2 || controllers.memory) {
      const std::uint64_t limit = least_limit(
          *folder, mount->point, mount->version == 2 ? "memory.max" : "memory.limit_in_bytes");
      if (limit > 0) out.memory_bytes_ = limit;
    }
    out.look_at(*folder, mount->version, controllers);
  }
  return out;
}

void Cgroups::look_at(fs::path folder, int version, Controllers controllers) {
  if (version == 2) {
    // This very process, before it began anew, or one that was here before.
    const bool moved = folder.filename() == kHubGroup;
    if (moved) folder = folder.parent_path();
    if (!can_write(folder)) return;
    controllers = open_for_children(folder, !moved);
  } else if (!can_write(folder)) {
    return;
  }
  // One hierarchy bounds a thing; the first that can.
  controllers.memory = controllers.memory && !controllers_.memory;
  controllers.processors = controllers.processors && !controllers_.processors;
  controllers.tasks = controllers.tasks && !controllers_.tasks;
  if (!any(controllers)) return;
  remove_left(folder);
  controllers_.memory |= controllers.memory;
  controllers_.processors |= controllers.processors;
  controllers_.tasks |= controllers.tasks;
  places_.push_back({.folder = std::move(folder), .controllers = controllers, .version = version});
}

std::string Cgroups::str() const {
  return places_.empty() ? "" : std::format("cgroup v{}", places_.front().version);
}

Result<Cgroup> Cgroups::make(const std::string& name, const CgroupLimits& limits) const {
  Cgroup out;
  for (const Place& place : places_) {
    const fs::path folder = place.folder / std::format("{}{}-{}", kWorkerGroup, ::getpid(), name);
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
      return fail(file_error("make", folder, errno));
    out.folders_.push_back(folder);
    const bool second = place.version == 2;
    if (place.controllers.memory && limits.memory_bytes > 0) {
      const std::string bytes = std::to_string(limits.memory_bytes);
      WEFT_CHECK(put(folder / (second ? "memory.max" : "memory.limit_in_bytes"), bytes));
      // Not every kernel counts what is swapped out, nor ends all of a group at once.
      (void)put(folder / (second ? "memory.swap.max" : "memory.memsw.limit_in_bytes"),
                second ? "0" : bytes);
      if (second) (void)put(folder / "memory.oom.group", "1");
    }
    if (place.controllers.processors) {
      const int quota = std::max(limits.threads, 1) * kPeriodUs;
      WEFT_CHECK(second ? put(folder / "cpu.max", std::format("{} {}", quota, kPeriodUs))
                        : put(folder / "cpu.cfs_quota_us", std::to_string(quota)));
    }
    if (place.controllers.tasks && limits.tasks > 0)
      WEFT_CHECK(put(folder / "pids.max", std::to_string(limits.tasks)));
  }
  return out;
}

}  // namespace weft::app
