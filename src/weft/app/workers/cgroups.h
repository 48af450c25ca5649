// Control groups, where this process may make some: what bounds a program and all it starts in
// memory, processors and processes for certain. Version 2, or version 1 by the controllers that can
// be written. Owned by app; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "weft/base/result.h"

namespace weft::app {

struct CgroupLimits {
  std::uint64_t memory_bytes = 0;
  int threads = 1;
  std::size_t tasks = 0;
};

/// What groups can bound here.
struct Controllers {
  bool memory = false;
  bool processors = false;
  bool tasks = false;
  friend bool operator==(const Controllers&, const Controllers&) = default;
};

/// The group of one program; in version 1 one for each controller. Removed when it is dropped, if
/// nothing runs in it any more.
class Cgroup {
 public:
  Cgroup() = default;
  Cgroup(Cgroup&& other) noexcept : folders_(std::exchange(other.folders_, {})) {}
  Cgroup& operator=(Cgroup&& other) noexcept;
  ~Cgroup() { (void)remove(); }

  /// The process, and what it starts from now on.
  Result<void> join(int pid) const;
  /// Whether the system ended something in it that took too much.
  bool out_of_memory() const;
  /// Version 1 ends one process and lets the others go on: the file that tells of it, to be looked
  /// at by out_of_memory_in(); else empty.
  std::filesystem::path told_in() const;
  static bool out_of_memory_in(const std::filesystem::path& file);
  /// False while something runs in it.
  bool remove();

 private:
  friend class Cgroups;
  std::vector<std::filesystem::path> folders_;
};

class Cgroups {
 public:
  /// Where the system shows them; a test has its own.
  struct Files {
    std::filesystem::path self = "/proc/self/cgroup";
    std::filesystem::path mounts = "/proc/self/mountinfo";
  };
  /// Looks for what can be written. Version 2 lets no group that has members have children with
  /// limits: this process goes into a group `weft-hub` of its own if it is alone in its group.
  static Cgroups find(const Files& files);
  static Cgroups find() { return find(Files()); }

  const Controllers& controllers() const { return controllers_; }
  /// `cgroup v2`, `cgroup v1`, empty where there is none.
  std::string str() const;
  /// What of the machine's memory the groups leave to this process; 0: all.
  std::uint64_t memory_bytes() const { return memory_bytes_; }
  /// A new group of that name, with those limits that can be had. Errors name the file.
  Result<Cgroup> make(const std::string& name, const CgroupLimits& limits) const;

 private:
  struct Place {
    std::filesystem::path folder;
    Controllers controllers;
    int version = 2;
  };
  void look_at(std::filesystem::path folder, int version, Controllers controllers);

  std::vector<Place> places_;
  Controllers controllers_;
  std::uint64_t memory_bytes_ = 0;
};

}  // namespace weft::app
