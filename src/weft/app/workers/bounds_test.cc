// What a program may take: memory, processes, files; reliability fault 10.
#include <gmock/gmock.h>

#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <format>

#include "weft/app/workers/testing.h"
#include "weft/app/workers/usage.h"

namespace weft::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kMiB = 1 << 20;

class Bounds : public testing::InSandbox {
 protected:
  ml::WorkerSpec in_memory(std::uint64_t bytes, std::string script) const {
    auto spec = python(std::move(script));
    spec.memory_bytes = bytes;
    return spec;
  }
};

TEST_F(Bounds, WhatTakesTooMuchMemoryIsEnded) {
  const auto outcome = run(in_memory(128 * kMiB, R"(
import time
print("begins", flush=True)
kept = []
while len(kept) < 200:
    kept.append(b"x" * (5 << 20))
    time.sleep(0.01)
print("got it all")
)"));
  EXPECT_TRUE(outcome.end.out_of_memory) << outcome.text();
  EXPECT_EQ(outcome.end.signal, SIGKILL);
  EXPECT_THAT(outcome.log,
              ElementsAre("begins",
                          "weft: the program was ended: it took more than its 128 MiB of memory"));
}

TEST_F(Bounds, AllThatItStartedCounts) {
  const auto outcome = run(in_memory(128 * kMiB, R"(
import os, time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        kept = b"x" * (50 << 20)
        time.sleep(1000)
time.sleep(1000)
)"));
  EXPECT_TRUE(outcome.end.out_of_memory) << outcome.text();
}

TEST_F(Bounds, WhatProcessesShareCountsOnce) {
  const auto outcome = run(in_memory(200 * kMiB, R"(
import os, time
kept = b"x" * (100 << 20)
children = []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        time.sleep(0.7)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
print("fine")
)"));
  EXPECT_FALSE(outcome.end.out_of_memory);
  EXPECT_THAT(outcome.log, ElementsAre("fine"));
}

/// A folder that is on a disk, wherever the machine keeps its temporary files.
class OnDisk {
 public:
  OnDisk() {
    std::filesystem::path place = std::filesystem::temp_directory_path();
    struct statfs told{};
    if (::statfs(place.c_str(), &told) == 0 && told.f_type == TMPFS_MAGIC)
      place = std::filesystem::current_path();
    std::string name = place / "weft-disk-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~OnDisk() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST_F(Bounds, FilesThatItMapsDoNotCount) {
  const OnDisk disk;
  auto spec = in_memory(128 * kMiB, R"(
import mmap, time
with open("/disk/data", "wb") as out:
    for _ in range(300):
        out.write(b"x" * (1 << 20))
with open("/disk/data", "rb") as file:
    view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    print(sum(view[i] for i in range(0, len(view), 4096)) // ord("x"), flush=True)
    time.sleep(0.4)
print("fine")
)");
  spec.binds.push_back({.from = disk.path, .to = "/disk", .writable = true});
  EXPECT_THAT(run(spec).log, ElementsAre("76800", "fine"));
}

TEST_F(Bounds, FilesInMemoryCount) {
  const auto outcome = run(in_memory(128 * kMiB, R"(
import time
for path in ("/tmp/a", "/dev/shm/b"):
    with open(path, "wb") as out:
        out.write(b"x" * (80 << 20))
time.sleep(1000)
)"));
  EXPECT_TRUE(outcome.end.out_of_memory) << outcome.text();
  // More than all its memory does not fit in the first place.
  const auto full = run(shell("head -c 600M /dev/zero > /tmp/full; echo $?"));
  EXPECT_TRUE(full.end.out_of_memory || full.text().contains("No space left on device"))
      << full.text();
}

/// Whether a program is ended, or told by the system, before it says `all`.
bool is_bounded(const ml::WorkerLine& line) {
  return line.text.contains("it had more than 288 processes and threads") ||
         line.text.contains("Cannot fork");
}

/// What has to be found, wherever a program hides it.
TEST_F(Bounds, WhatHoldsTooMuchOfTheDiskIsEnded) {
  const auto ways = std::to_array<std::pair<const char*, const char*>>({
      {"many files", R"(
for i in range(40):
    open(f"f{i}", "wb").write(b"x" * (1 << 20)))"},
      {"deep down", R"(
for i in range(40):
    os.mkdir("d"); os.chdir("d")
    open("f", "wb").write(b"x" * (1 << 20)))"},
      {"without a name", R"(
kept = []
for i in range(40):
    kept.append(open("f", "wb")); os.unlink("f")
    kept[-1].write(b"x" * (1 << 20)); kept[-1].flush())"},
      {"deeper than anybody looks", R"(
for i in range(100):
    os.mkdir("d"); os.chdir("d"))"},
      {"where nobody may look", R"(
os.mkdir("d")
os.chmod("d", 0o300)
for i in range(40):
    open(f"d/f{i}", "wb").write(b"x" * (1 << 20)))"},
  });
  for (const auto& [name, script] : ways) {
    std::filesystem::remove_all(folder_ / "own");
    std::filesystem::create_directories(folder_ / "own");
    auto spec = python(std::format("import os, time\n{}\ntime.sleep(100)", script));
    spec.disk_bytes = 16 * kMiB;
    const auto outcome = run(std::move(spec));
    EXPECT_EQ(outcome.end.signal, SIGKILL) << name << ": " << outcome.text();
    const bool deep = std::string_view(name).starts_with("deeper");
    EXPECT_THAT(outcome.end.why, HasSubstr(deep ? "folders deeper than 64" : "its 16 MiB of disk"))
        << name;
    EXPECT_FALSE(outcome.end.out_of_memory) << name;
  }
}

TEST_F(Bounds, WhoAsksForNoDiskIsBoundAllTheSame) {
  workers_ = make({.disk_bytes = 64 * kMiB});
  auto spec = python(R"(
import time
for i in range(100):
    open(f"f{i}", "wb").write(b"x" * (1 << 20))
time.sleep(100))");
  // As those that serve.
  spec.links = 1;
  const auto outcome = run(std::move(spec));
  EXPECT_EQ(outcome.end.signal, SIGKILL) << outcome.text();
  EXPECT_THAT(outcome.end.why,
              HasSubstr("its 64 MiB of disk, which is what one has that asks for nothing; a larger "
                        "VolumeSizeInGB gives a job more"));
  EXPECT_THAT(outcome.text(), HasSubstr("weft: the program was ended: it held more than its 64"));
}

TEST_F(Bounds, WhoIsQuickerThanTheWatchHeldTooMuchAllTheSame) {
  auto spec = python(
      "import os\nfor i in range(40): os.posix_fallocate(os.open(f'f{i}', os.O_CREAT "
      "| os.O_WRONLY), 0, 1 << 20)");
  spec.disk_bytes = 16 * kMiB;
  const auto outcome = run(std::move(spec));
  EXPECT_THAT(outcome.end.why, HasSubstr("its 16 MiB of disk")) << outcome.text();
}

TEST_F(Bounds, WhatItWasGivenAndNamesOfOneFileDoNotCount) {
  write("given/large", std::string(20 * kMiB, 'x'));
  auto spec = python(R"(
import os, time
open("f", "wb").write(b"x" * (4 << 20))
for i in range(10):
    os.link("f", f"g{i}")
time.sleep(1.5)
print("well")
)");
  // A folder of the one it can write to, which it can only read.
  std::filesystem::create_directories(folder_ / "own/input");
  write("own/input/large", std::string(20 * kMiB, 'x'));
  spec.binds.push_back({.from = folder_ / "own/input", .to = "/opt/ml/input", .writable = false});
  spec.disk_bytes = 16 * kMiB;
  const auto outcome = run(std::move(spec));
  EXPECT_EQ(outcome.end.why, "") << outcome.text();
  EXPECT_EQ(outcome.end.exit_code, 0);
  EXPECT_THAT(outcome.log, ElementsAre("well"));
}

TEST_F(Bounds, ManySmallFilesAndFoldersInFoldersAreWell) {
  std::filesystem::create_directories(folder_ / "own/checkpoints");
  auto spec = python(R"(
import time
for i in range(25000):
    open(f"n{i}", "w").close()
open("/checkpoints/c", "wb").write(b"x" * (40 << 20))
time.sleep(1.5)
)");
  spec.binds.push_back(
      {.from = folder_ / "own/checkpoints", .to = "/checkpoints", .writable = true});
  spec.disk_bytes = 72 * kMiB;
  const auto outcome = run(std::move(spec));
  EXPECT_EQ(outcome.end.why, "") << outcome.text();
  EXPECT_EQ(outcome.end.exit_code, 0);
}

TEST_F(Bounds, OneFileIsNoLongerThanTheDisk) {
  auto spec = python("f = open('f', 'wb'); f.seek(17 << 20); f.write(b'x'); f.flush()");
  spec.disk_bytes = 16 * kMiB;
  const auto outcome = run(std::move(spec));
  EXPECT_TRUE(outcome.text().contains("File too large")) << outcome.text();
}

TEST_F(Bounds, AForkBombIsBounded) {
  net::run_alone([&](net::Loop& loop) -> Awaitable<> {
    // Each begins two; where it is not bounded it ends growing of itself, with two thousand.
    auto worker = start(loop, shell(R"(
      bomb() {
        [ $1 -gt 0 ] || exec sleep 1000
        bomb $(($1 - 1)) &
        bomb $(($1 - 1)) &
        wait
      }
      (sleep 60; echo all) &
      bomb 10
    )"));
    std::optional<ml::WorkerLine> line;
    do {
      line = co_await worker->next_line();
    } while (line && !is_bounded(*line) && line->text != "all");
    EXPECT_TRUE(line && is_bounded(*line));
    worker->stop(Milliseconds(0));
    const auto outcome = co_await testing::outcome_of(*worker);
    EXPECT_EQ(outcome.end.signal, SIGKILL);
  });
}

TEST_F(Bounds, ThreadsCount) {
  const auto outcome = run(python(R"(
import os, threading, time
threads = []
try:
    for _ in range(2000):
        threads.append(threading.Thread(target=time.sleep, args=(1000,), daemon=True))
        threads[-1].start()
except RuntimeError:
    print("no more after", len(threads) < 300, flush=True)
os._exit(0)
)"));
  EXPECT_THAT(outcome.text(),
              ::testing::AnyOf(HasSubstr("it had more than 288 processes and threads"),
                               HasSubstr("no more after True")));
}

TEST_F(Bounds, EverydayLimits) {
  auto spec = python(R"(
import os, resource
for name in ("CORE", "NOFILE", "NPROC"):
    print(name, *resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
print("nice", os.nice(0))
)");
  spec.threads = 1;
  EXPECT_THAT(run(spec).log,
              ElementsAre("CORE 0 0", "NOFILE 4096 4096", "NPROC 288 288", "nice 5"));
  // Somebody waits for the answers of one that has connections.
  spec.links = 1;
  EXPECT_EQ(run(spec).log.back(), "nice 0");
}

TEST(Usage, SomeOfTheDiskStaysFree) {
  constexpr std::uint64_t kGiB = 1024 * kMiB;
  EXPECT_EQ(disk_share(30 * kGiB, 100 * kGiB), 30 * kGiB);
  EXPECT_EQ(disk_share(30 * kGiB, 12 * kGiB), 10 * kGiB);
  EXPECT_EQ(disk_share(30 * kGiB, 2 * kGiB), kGiB);
  EXPECT_EQ(disk_share(30 * kGiB, 0), 64 * kMiB) << "or nothing would begin";
}

TEST(Usage, CountsWhatIsBelowAProcess) {
  EXPECT_EQ(parent_of(::getpid()), ::getppid());
  EXPECT_EQ(parent_of(0x7ffffff0), 0);
  EXPECT_EQ(usage_below(0x7ffffff0, 10, true).tasks, 0U);
}

}  // namespace
}  // namespace weft::app
