#include "weft/app/workers/cgroups.h"

#include <gmock/gmock.h>

#include <stdlib.h>
#include <unistd.h>

#include <format>
#include <fstream>

namespace weft::app {
namespace {

namespace fs = std::filesystem;

/// A folder that looks like what the kernel shows; what is written to its files stays.
class Groups : public ::testing::Test {
 protected:
  Groups() {
    std::string name = (fs::temp_directory_path() / "weft-cgroups-XXXXXX").string();
    top_ = ::mkdtemp(name.data());
  }
  ~Groups() override { fs::remove_all(top_); }

  void put(const fs::path& name, const std::string& text = "") const {
    fs::create_directories((top_ / name).parent_path());
    std::ofstream(top_ / name) << text;
  }
  std::string get(const fs::path& name) const {
    std::ifstream in(top_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Cgroups find(const std::string& self, const std::string& mounts) const {
    put("self", self);
    put("mounts", mounts);
    return Cgroups::find({.self = top_ / "self", .mounts = top_ / "mounts"});
  }
  std::string worker(const std::string& name) const {
    return std::format("weft-worker-{}-{}", ::getpid(), name);
  }

  fs::path top_;
};

TEST_F(Groups, Version2) {
  put("two/a/cgroup.controllers", "cpuset cpu io memory pids\n");
  put("two/a/cgroup.subtree_control");
  put("two/a/cgroup.procs");
  put("two/a/memory.max", "max\n");
  put("two/memory.max", "1000000\n");
  put("two/a/weft-hub/cgroup.procs");
  for (const char* name : {"memory.max", "memory.swap.max", "memory.oom.group", "cpu.max",
                           "pids.max", "cgroup.procs", "memory.events"})
    put(fs::path("two/a") / worker("1") / name);
  const auto groups = find(
      "0::/a\n",
      std::format("30 20 0:26 / {} rw,nosuid - cgroup2 cgroup2 rw\n", (top_ / "two").string()));
  EXPECT_EQ(groups.str(), "cgroup v2");
  EXPECT_EQ(groups.controllers(), (Controllers{true, true, true}));
  EXPECT_EQ(groups.memory_bytes(), 1'000'000U);
  EXPECT_EQ(get("two/a/cgroup.subtree_control"), "+memory +cpu +pids");
  EXPECT_EQ(get("two/a/weft-hub/cgroup.procs"), std::to_string(::getpid()));

  auto group = groups.make("1", {.memory_bytes = 5'000'000, .threads = 2, .tasks = 77});
  ASSERT_TRUE(group.has_value()) << group.error().message;
  const fs::path folder = fs::path("two/a") / worker("1");
  EXPECT_EQ(get(folder / "memory.max"), "5000000");
  EXPECT_EQ(get(folder / "memory.swap.max"), "0");
  EXPECT_EQ(get(folder / "memory.oom.group"), "1");
  EXPECT_EQ(get(folder / "cpu.max"), "200000 100000");
  EXPECT_EQ(get(folder / "pids.max"), "77");
  ASSERT_TRUE(group->join(4321));
  EXPECT_EQ(get(folder / "cgroup.procs"), "4321");
  put(folder / "memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 0\n");
  EXPECT_FALSE(group->out_of_memory());
  put(folder / "memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 10\n");
  EXPECT_TRUE(group->out_of_memory());
  EXPECT_EQ(group->told_in(), "");
}

TEST_F(Groups, Version1ByController) {
  for (const char* name : {"memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "cgroup.procs",
                           "memory.oom_control"})
    put(fs::path("memory/job") / worker("7") / name);
  put("memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  for (const char* name : {"cpu.cfs_quota_us", "cgroup.procs"})
    put(fs::path("cpu") / worker("7") / name);
  const auto mount = [&](const char* root, const char* name, const char* options) {
    return std::format("30 20 0:26 {} {} rw,nosuid - cgroup cgroup rw,{}\n", root,
                       (top_ / name).string(), options);
  };
  const auto groups =
      find("9:name=systemd:/x\n5:memory:/docker/1/job\n4:cpu,cpuacct:/\n3:pids:/gone\n",
           mount("/docker/1", "memory", "memory") + mount("/", "cpu", "cpu,cpuacct") +
               mount("/", "none", "pids"));
  EXPECT_EQ(groups.str(), "cgroup v1");
  EXPECT_EQ(groups.controllers(), (Controllers{true, true, false}));
  EXPECT_EQ(groups.memory_bytes(), 0U);
  auto group = groups.make("7", {.memory_bytes = 5'000'000, .threads = 1, .tasks = 77});
  ASSERT_TRUE(group.has_value()) << group.error().message;
  EXPECT_EQ(get(fs::path("memory/job") / worker("7") / "memory.limit_in_bytes"), "5000000");
  EXPECT_EQ(get(fs::path("cpu") / worker("7") / "cpu.cfs_quota_us"), "100000");
  ASSERT_TRUE(group->join(55));
  EXPECT_EQ(get(fs::path("cpu") / worker("7") / "cgroup.procs"), "55");
  put(fs::path("memory/job") / worker("7") / "memory.oom_control",
      "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  EXPECT_TRUE(group->out_of_memory());
  EXPECT_EQ(group->told_in(), top_ / "memory/job" / worker("7") / "memory.oom_control");
}

TEST_F(Groups, NoneWhereNothingCanBeWritten) {
  const auto nothing = find("", "");
  EXPECT_EQ(nothing.str(), "");
  EXPECT_EQ(nothing.controllers(), Controllers());
  ASSERT_TRUE(nothing.make("1", {}));
  // Mounted elsewhere than where this process is.
  put("two/cgroup.controllers", "memory\n");
  const auto outside = find("0::/../x\n", std::format("30 20 0:26 / {} rw - cgroup2 cgroup2 rw\n",
                                                      (top_ / "two").string()));
  EXPECT_EQ(outside.controllers(), Controllers());
  const auto elsewhere = find("0::/x\n", std::format("30 20 0:26 /y {} rw - cgroup2 cgroup2 rw\n",
                                                     (top_ / "two").string()));
  EXPECT_EQ(elsewhere.controllers(), Controllers());
}

TEST_F(Groups, WhatIsLeftOfDeadHubsIsRemoved) {
  fs::create_directories(top_ / "memory/weft-worker-999999999-1");
  fs::create_directories(top_ / "memory" / worker("3"));
  fs::create_directories(top_ / "memory/others");
  (void)find("5:memory:/\n", std::format("30 20 0:26 / {} rw - cgroup cgroup rw,memory\n",
                                         (top_ / "memory").string()));
  EXPECT_FALSE(fs::exists(top_ / "memory/weft-worker-999999999-1"));
  EXPECT_TRUE(fs::exists(top_ / "memory" / worker("3")));
  EXPECT_TRUE(fs::exists(top_ / "memory/others"));
}

TEST_F(Groups, AGroupGoesWithWhoHeldIt) {
  fs::create_directories(top_ / "memory");
  const auto groups = find(
      "5:memory:/\n",
      std::format("30 20 0:26 / {} rw - cgroup cgroup rw,memory\n", (top_ / "memory").string()));
  {
    const auto group = groups.make("5", {});
    ASSERT_TRUE(group.has_value()) << group.error().message;
    EXPECT_TRUE(fs::exists(top_ / "memory" / worker("5")));
  }
  EXPECT_FALSE(fs::exists(top_ / "memory" / worker("5")));
  // A limit that cannot be written is an error, and leaves nothing.
  EXPECT_FALSE(groups.make("6", {.memory_bytes = 1}).has_value());
  EXPECT_FALSE(fs::exists(top_ / "memory" / worker("6")));
}

}  // namespace
}  // namespace weft::app
