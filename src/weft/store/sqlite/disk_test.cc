// A disk that fails at its Nth operation, for every N of a small life: opening, writing, taking the
// log in. The process is killed there (also in the middle of a write), the power is cut (what was
// not synced is gone, or there in part and out of order), the operation fails, or the disk is full
// from there on; nothing that was acknowledged may be missing after it.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <limits>
#include <mutex>
#include <random>
#include <ranges>

#include "weft/base/testing/run.h"
#include "weft/store/sqlite/store.h"
#include "weft/store/testing/directory.h"

namespace weft::store::sqlite {
namespace {

using store::testing::TemporaryDirectory;
using weft::testing::run;

enum class Fault : std::uint8_t {
  killed,
  killed_in_a_write,
  power_cut,          ///< nothing is there that was not synced
  power_cut_in_part,  ///< some of it is: whole or half, whatever was written before it
  fails,
  full
};

// ---- the disk: SQLite's own file layer, with a fault

std::atomic<int> operations_left = 0;
std::atomic<bool> is_full = false;
Fault fault_to_come = Fault::killed;

enum class Operation : std::uint8_t { write, truncate, sync };

sqlite3_file* real(sqlite3_file* file);

/// A write or a truncation that the disk was not yet told to keep.
struct Unsynced {
  sqlite3_file* file = nullptr;
  sqlite3_int64 at = 0;
  sqlite3_int64 size_before = 0;
  std::string before;  ///< what was there
  std::string after;   ///< empty for a truncation
};

std::mutex unsynced_mutex;
std::vector<Unsynced> unsynced;

/// Before `bytes` from `at` on are changed; `after` is what they become.
void remember(sqlite3_file* file, sqlite3_int64 at, sqlite3_int64 bytes, std::string after) {
  Unsynced change{.file = file, .at = at, .after = std::move(after)};
  real(file)->pMethods->xFileSize(real(file), &change.size_before);
  const auto there = std::min(bytes, change.size_before - at);
  if (there > 0) {
    change.before.resize(static_cast<std::size_t>(there));
    real(file)->pMethods->xRead(real(file), change.before.data(), static_cast<int>(there), at);
  }
  const std::scoped_lock lock(unsynced_mutex);
  unsynced.push_back(std::move(change));
}

void forget(const sqlite3_file* file) {
  const std::scoped_lock lock(unsynced_mutex);
  std::erase_if(unsynced, [&](const Unsynced& change) { return change.file == file; });
}

void put(const Unsynced& change, std::string_view bytes) {
  sqlite3_file* file = real(change.file);
  file->pMethods->xWrite(file, bytes.data(), static_cast<int>(bytes.size()), change.at);
}

/// What the power leaves behind when it goes.
void lose_the_unsynced(bool all) {
  const std::scoped_lock lock(unsynced_mutex);
  for (const auto& change : unsynced | std::views::reverse) {
    if (!change.before.empty()) put(change, change.before);
    real(change.file)->pMethods->xTruncate(real(change.file), change.size_before);
  }
  if (all) return;
  std::minstd_rand which(static_cast<unsigned>(unsynced.size()));
  for (const auto& change : unsynced) {
    const auto dice = which() / 64;
    if (dice % 2 == 0 || change.after.empty()) continue;
    put(change, std::string_view(change.after).substr(0, change.after.size() / (dice % 3 + 1)));
  }
}

/// What is to be answered instead of the operation; nothing when it is to be done.
std::optional<int> faulty(Operation operation) {
  if (is_full && operation == Operation::write) return SQLITE_FULL;
  if (--operations_left != 0) return std::nullopt;
  switch (fault_to_come) {
    case Fault::killed:
    case Fault::killed_in_a_write: ::kill(::getpid(), SIGKILL); break;
    case Fault::power_cut:
    case Fault::power_cut_in_part:
      lose_the_unsynced(fault_to_come == Fault::power_cut);
      ::kill(::getpid(), SIGKILL);
      break;
    case Fault::full: is_full = true; return faulty(operation);
    case Fault::fails: break;
  }
  switch (operation) {
    case Operation::write: return SQLITE_IOERR_WRITE;
    case Operation::truncate: return SQLITE_IOERR_TRUNCATE;
    case Operation::sync: return SQLITE_IOERR_FSYNC;
  }
  std::unreachable();
}

struct FaultyFile {
  sqlite3_file base{};
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(FaultyFile));
}

bool power_goes() {
  return fault_to_come == Fault::power_cut || fault_to_come == Fault::power_cut_in_part;
}

int close(sqlite3_file* file) {
  forget(file);
  return real(file)->pMethods->xClose(real(file));
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (fault_to_come == Fault::killed_in_a_write && operations_left == 1)
    (void)real(file)->pMethods->xWrite(real(file), from, size / 2, at);
  if (const auto failure = faulty(Operation::write)) return *failure;
  if (power_goes()) remember(file, at, size, std::string(static_cast<const char*>(from), size));
  return real(file)->pMethods->xWrite(real(file), from, size, at);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const auto failure = faulty(Operation::truncate)) return *failure;
  if (power_goes()) remember(file, size, std::numeric_limits<sqlite3_int64>::max(), {});
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync(sqlite3_file* file, int flags) {
  if (const auto failure = faulty(Operation::sync)) return *failure;
  const int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK) forget(file);
  return code;
}

const sqlite3_io_methods* faulty_methods() {
  static const sqlite3_io_methods kMethods = {
      2,
      close,
      [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
        return real(f)->pMethods->xRead(real(f), to, n, at);
      },
      write,
      truncate,
      sync,
      [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); },
      [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); },
      [](sqlite3_file* f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); },
      [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
      [](sqlite3_file* f, int op, void* arg) {
        return real(f)->pMethods->xFileControl(real(f), op, arg);
      },
      [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
      [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
      [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
      },
      [](sqlite3_file* f, int at, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), at, n, flags);
      },
      [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
      [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
      nullptr,
      nullptr,
  };
  return &kMethods;
}

void register_faulty_disk() {
  static sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
  vfs.zName = "weft-faulty";
  vfs.szOsFile += static_cast<int>(sizeof(FaultyFile));
  vfs.xOpen = [](sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
    sqlite3_vfs* base = sqlite3_vfs_find("unix");
    const int code = base->xOpen(base, name, real(file), flags, out);
    file->pMethods = code == SQLITE_OK ? faulty_methods() : nullptr;
    return code;
  };
  sqlite3_vfs_register(&vfs, 0);
}

// ---- the life

constexpr int kEvents = 10;
/// Well more than one life needs.
constexpr int kOperationsMax = 2'000;
const TaskId kTask("t1");

/// How a child's life ended, if no signal ended it.
enum class Ending : std::uint8_t {
  untouched,  ///< the fault would have come later
  whole,
  not_opened,
  refused_for_another_reason,
  wrote_on_a_full_disk
};

json::value payload_of(std::int64_t seq) {
  return json::object{{"seq", seq}, {"text", std::string(seq % 5 * 2'000, 'p')}};
}

/// Does it, and tries once more where the disk was full and then is not.
template <class Make>
Result<std::int64_t> insist(Journal& journal, const Make& make) {
  auto head = run(make());
  if (head || head.error().reason != Reason::storage_full) return head;
  // What there was can still be read.
  if (!run(journal.get(kTask))) std::_Exit(static_cast<int>(Ending::refused_for_another_reason));
  if (run(make())) std::_Exit(static_cast<int>(Ending::wrote_on_a_full_disk));
  is_full = false;
  return run(make());
}

[[noreturn]] void live(const std::filesystem::path& directory, int pipe) {
  register_faulty_disk();
  auto store = Store::open({.directory = directory, .vfs = "weft-faulty", .checkpoint_pages = 20});
  if (!store) std::_Exit(static_cast<int>(Ending::not_opened));
  Journal& journal = (*store)->journal();
  TaskRecord record;
  record.id = kTask;
  auto head = insist(journal, [&] { return journal.create(record, {}); });
  for (int i = 0; head && i < kEvents; ++i) {
    if (::write(pipe, &*head, sizeof(*head)) != sizeof(*head)) std::abort();
    head = insist(journal, [&] {
      Append change;
      change.task = kTask;
      change.expected_head = *head;
      change.events.push_back({"step", payload_of(*head + 1), 1});
      return journal.append(std::move(change));
    });
  }
  // The writer may still be taking its log in.
  store->reset();
  const Ending good = operations_left > 0 ? Ending::untouched : Ending::whole;
  std::_Exit(static_cast<int>(head ? good : Ending::refused_for_another_reason));
}

struct Life {
  int status = 0;
  /// The last head that was acknowledged; -1 for not even the task.
  std::int64_t head = -1;
  std::string said;

  bool killed() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }
  bool aborted() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT; }
  bool ended(Ending how) const {
    return WIFEXITED(status) && WEXITSTATUS(status) == static_cast<int>(how);
  }
};

/// A life on a disk whose `nth` operation is faulty.
Life live_until(const std::filesystem::path& directory, Fault fault, int nth) {
  const std::filesystem::path words = directory / "stderr";
  std::array<int, 2> ends{};
  WEFT_ASSERT(::pipe(ends.data()) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    const rlimit no_cores{};
    ::setrlimit(RLIMIT_CORE, &no_cores);
    ::dup2(::open(words.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
    fault_to_come = fault;
    operations_left = nth;
    live(directory, ends[1]);
  }
  ::close(ends[1]);
  Life out;
  while (::read(ends[0], &out.head, sizeof(out.head)) == sizeof(out.head)) {
  }
  ::close(ends[0]);
  ::waitpid(pid, &out.status, 0);
  std::ifstream file(words);
  out.said.assign(std::istreambuf_iterator<char>(file), {});
  return out;
}

void look_at(const std::filesystem::path& directory, const Life& life) {
  const auto store = Store::open({.directory = directory});
  ASSERT_TRUE(store) << store.error().message;
  Journal& journal = (*store)->journal();
  const auto record = run(journal.get(kTask));
  ASSERT_TRUE(record) << record.error().message;
  if (!*record) {
    EXPECT_EQ(life.head, -1) << "lost what was acknowledged";
    return;
  }
  EXPECT_GE((*record)->head, life.head) << "lost what was acknowledged";
  EXPECT_LE((*record)->head, life.head + 1);
  const auto whole = run(journal.verify(kTask));
  EXPECT_TRUE(whole) << whole.error().message;
  const auto events = run(journal.read(kTask, 0, 100));
  ASSERT_TRUE(events);
  std::int64_t seq = 0;
  for (const auto& event : *events) {
    EXPECT_EQ(event.seq, ++seq);
    EXPECT_EQ(event.payload, payload_of(seq));
  }
  EXPECT_EQ(seq, (*record)->head);
}

void check_ending(Fault fault, const Life& life) {
  switch (fault) {
    case Fault::killed:
    case Fault::killed_in_a_write:
    case Fault::power_cut:
    case Fault::power_cut_in_part: EXPECT_TRUE(life.killed()) << life.status; break;
    case Fault::fails:
      // At once: no operation is tried again, least of all a sync.
      EXPECT_TRUE(life.aborted() || life.ended(Ending::not_opened)) << life.status;
      if (life.aborted()) {
        EXPECT_TRUE(life.said.contains("the disk failed, stopping at once: ")) << life.said;
      }
      break;
    case Fault::full:
      EXPECT_TRUE(life.ended(Ending::whole) || life.ended(Ending::not_opened)) << life.status;
      break;
  }
}

class DiskTest : public ::testing::TestWithParam<Fault> {};

INSTANTIATE_TEST_SUITE_P(Faults, DiskTest,
                         ::testing::Values(Fault::killed, Fault::killed_in_a_write,
                                           Fault::power_cut, Fault::power_cut_in_part, Fault::fails,
                                           Fault::full),
                         [](const auto& chosen) {
                           switch (chosen.param) {
                             case Fault::killed: return "Killed";
                             case Fault::killed_in_a_write: return "KilledInAWrite";
                             case Fault::power_cut: return "PowerCut";
                             case Fault::power_cut_in_part: return "PowerCutInPart";
                             case Fault::fails: return "Fails";
                             case Fault::full: return "Full";
                           }
                           std::unreachable();
                         });

TEST_P(DiskTest, NothingAcknowledgedIsLost) {
  int nth = 1;
  int opened = 0;
  for (; nth < kOperationsMax; ++nth) {
    const TemporaryDirectory directory;
    const Life life = live_until(directory.path(), GetParam(), nth);
    if (life.ended(Ending::untouched)) break;
    SCOPED_TRACE(std::format("operation {}", nth));
    check_ending(GetParam(), life);
    look_at(directory.path(), life);
    if (HasFailure()) return;
    opened += life.ended(Ending::not_opened) ? 0 : 1;
  }
  EXPECT_GT(opened, 50) << "the faults came where the journal was open";
  EXPECT_LT(nth, kOperationsMax);
}

}  // namespace
}  // namespace weft::store::sqlite
