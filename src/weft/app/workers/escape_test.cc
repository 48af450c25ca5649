// What people get out of sandboxes with (reliability attack 23): every probe is refused.
#include <gmock/gmock.h>

#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <format>

#include "weft/app/workers/testing.h"

namespace weft::app {
namespace {

/// The calls by the names that the script uses.
std::string numbers_of_calls() {
  std::string out;
  const auto add = [&](std::string_view name, long number) {
    out += std::format("{} = {}\n", name, number);
  };
  add("PTRACE", SYS_ptrace);
  add("MOUNT", SYS_mount);
  add("UMOUNT", SYS_umount2);
  add("PIVOT_ROOT", SYS_pivot_root);
  add("CHROOT", SYS_chroot);
  add("FSOPEN", SYS_fsopen);
  add("OPEN_TREE", SYS_open_tree);
  add("MOUNT_SETATTR", SYS_mount_setattr);
  add("UNSHARE", SYS_unshare);
  add("CLONE", SYS_clone);
  add("SETNS", SYS_setns);
  add("ADD_KEY", SYS_add_key);
  add("KEYCTL", SYS_keyctl);
  add("REQUEST_KEY", SYS_request_key);
  add("BPF", SYS_bpf);
  add("PERF", SYS_perf_event_open);
  add("USERFAULTFD", SYS_userfaultfd);
  add("IO_URING", SYS_io_uring_setup);
  add("OPEN_BY_HANDLE", SYS_open_by_handle_at);
  add("SYSLOG", SYS_syslog);
  add("SETHOSTNAME", SYS_sethostname);
  add("SETTIME", SYS_clock_settime);
  add("REBOOT", SYS_reboot);
  add("SWAPON", SYS_swapon);
  add("INIT_MODULE", SYS_init_module);
  add("KEXEC", SYS_kexec_load);
  add("ACCT", SYS_acct);
  add("CAPGET", SYS_capget);
  return out;
}

/// Its arguments: a folder of the hub's, its process, the name of a socket of the machine's.
constexpr std::string_view kProbes = R"(
import ctypes, errno, fcntl, os, resource, socket, stat, struct, sys
folder, hub, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
libc = ctypes.CDLL(None, use_errno=True)

def call(*arguments):
    """Whether the kernel did it; what it refused must not be for want of a good argument."""
    ctypes.set_errno(0)
    done = libc.syscall(*arguments) >= 0
    return done or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS)

def opens(path, flags=os.O_RDONLY):
    os.close(os.open(path, flags))
    return True

def clone(flags):
    pid = libc.syscall(CLONE, flags | 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid > 0

def signals_others():
    for pid in range(2, 40000):
        if pid == os.getpid():
            continue
        try:
            os.kill(pid, 0)
            return True
        except ProcessLookupError:
            pass

def types_into_terminal():
    fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), 0x5412, b"x")
    return True

def has_capabilities():
    head, data = struct.pack("Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    libc.syscall(CAPGET, head, data)
    return any(data.raw)

def connects(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        client.connect(address)
    return True

def socket_of(family, kind):
    socket.socket(family, kind).close()
    return True

def raises_limit():
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))
    return True

def writes_to_kernel():
    for folder, folders, files in os.walk("/proc"):
        folders[:] = [each for each in folders if not each.isdigit() and each not in ("self", "thread-self")]
        for each in files:
            try:
                return opens(os.path.join(folder, each), os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                pass

def is_there(path):
    return os.path.exists(path)

probes = {
    "the hub's database": lambda: opens(folder + "/secret"),
    "by /proc/1/root": lambda: opens("/proc/1/root" + folder + "/secret"),
    "by /proc/self/root": lambda: opens("/proc/self/root" + folder + "/secret"),
    "by the hub's root": lambda: opens(f"/proc/{hub}/root" + folder + "/secret"),
    "the hub's environment": lambda: b"canary" in open(f"/proc/{hub}/environ", "rb").read(),
    "the hub's memory": lambda: opens(f"/proc/{hub}/mem", os.O_RDWR),
    "another's processes": signals_others,
    "ptrace of its parent": lambda: call(PTRACE, 16, os.getppid(), 0, 0),
    "ptrace of itself": lambda: call(PTRACE, 0, 0, 0, 0),
    "mount": lambda: call(MOUNT, b"none", b"/tmp", b"tmpfs", 0, 0),
    "mount over a bind": lambda: call(MOUNT, b"/tmp", b"/data", 0, 4096, 0),
    "remount for writing": lambda: call(MOUNT, 0, b"/data", 0, 32 | 4096, 0),
    "umount": lambda: call(UMOUNT, b"/usr", 2),
    "pivot_root": lambda: call(PIVOT_ROOT, b"/tmp", b"/tmp"),
    "chroot": lambda: call(CHROOT, b"/tmp"),
    "fsopen": lambda: call(FSOPEN, b"tmpfs", 0),
    "open_tree": lambda: call(OPEN_TREE, -100, b"/", 1),
    "mount_setattr": lambda: call(MOUNT_SETATTR, -100, b"/data", 0, 0, 0),
    "unshare of users": lambda: call(UNSHARE, 0x10000000),
    "unshare of mounts": lambda: call(UNSHARE, 0x20000),
    "clone with users": lambda: clone(0x10000000),
    "clone with network": lambda: clone(0x40000000),
    "setns": lambda: call(SETNS, 0, 0),
    "add_key": lambda: call(ADD_KEY, b"user", b"x", b"y", 1, -4),
    "request_key": lambda: call(REQUEST_KEY, b"user", b"x", 0, -4),
    "keyctl": lambda: call(KEYCTL, 0, -3, 0),
    "bpf": lambda: call(BPF, 0, 0, 0),
    "perf_event_open": lambda: call(PERF, 0, 0, -1, -1, 0),
    "userfaultfd": lambda: call(USERFAULTFD, 1),
    "io_uring": lambda: call(IO_URING, 4, ctypes.create_string_buffer(256)),
    "open_by_handle_at": lambda: call(OPEN_BY_HANDLE, 0, 0, 0),
    "syslog": lambda: call(SYSLOG, 3, ctypes.create_string_buffer(64), 64),
    "sethostname": lambda: call(SETHOSTNAME, b"x", 1),
    "clock_settime": lambda: call(SETTIME, 0, struct.pack("qq", 0, 0)),
    "reboot": lambda: call(REBOOT, 0, 0, 0, 0),
    "swapon": lambda: call(SWAPON, b"/tmp/x", 0),
    "init_module": lambda: call(INIT_MODULE, b"x", 1, b""),
    "kexec": lambda: call(KEXEC, 0, 0, 0, 0),
    "acct": lambda: call(ACCT, b"/tmp/x"),
    "a device": lambda: os.mknod("/tmp/disk", 0o600 | stat.S_IFBLK, os.makedev(8, 0)) is None,
    "/dev/mem": lambda: opens("/dev/mem"),
    "/dev/kmsg": lambda: opens("/dev/kmsg"),
    "/proc/sys": lambda: opens("/proc/sys/kernel/core_pattern", os.O_WRONLY),
    "/proc/sysrq-trigger": lambda: opens("/proc/sysrq-trigger", os.O_WRONLY),
    "all else of /proc": writes_to_kernel,
    "keys of others": lambda: open("/proc/keys").read() != "",
    "/sys": lambda: is_there("/sys/kernel"),
    "the terminal": types_into_terminal,
    "capabilities": has_capabilities,
    "privileged programs": lambda: libc.prctl(39, 0, 0, 0, 0) != 1,
    "an abstract socket": lambda: connects(socket.AF_UNIX, "\0" + name),
    "the hub's socket": lambda: connects(socket.AF_UNIX, folder + "/socket"),
    "the bus": lambda: is_there("/run/dbus") or is_there("/var/run/docker.sock"),
    "raw packets": lambda: socket_of(17, socket.SOCK_RAW),
    "raw addresses": lambda: socket_of(socket.AF_INET, socket.SOCK_RAW),
    "the machine's host": lambda: socket_of(40, socket.SOCK_STREAM),
    "the kernel's ciphers": lambda: socket_of(38, 5),
    "a place before others": lambda: os.setpriority(os.PRIO_PROCESS, 0, -5) is None,
    "real time": lambda: os.sched_setscheduler(0, 1, os.sched_param(1)) is None,
    "a limit raised": raises_limit,
    "shared memory of others": lambda: os.listdir("/dev/shm") != [],
}
through = []
for what, probe in probes.items():
    try:
        if probe():
            through.append(what)
    except (OSError, ValueError):
        pass
print(len(probes), "probes, got through:", through)
)";

/// A socket of the machine's that no file names, for the time of a test.
class AbstractSocket {
 public:
  AbstractSocket() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name().copy(address.sun_path + 1, name().size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name().size());
    EXPECT_EQ(::bind(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.descriptor(), 8), 0);
  }
  std::string name() const { return std::format("weft-test-{}", ::getpid()); }

 private:
  File socket_;
};

class Escape : public testing::InSandbox {};

TEST_F(Escape, EveryProbeIsRefused) {
  ::setenv("WEFT_TEST_SECRET", "canary", 1);
  write("secret", "canary");
  const AbstractSocket socket;
  auto spec = python(numbers_of_calls() + std::string(kProbes));
  spec.arguments.insert(spec.arguments.end(),
                        {folder_.string(), std::to_string(::getpid()), socket.name()});
  const auto outcome = run(spec);
  std::vector<std::string> told;
  std::vector<std::string> said;
  for (const std::string& line : outcome.log)
    (line.starts_with("weft: ") ? told : said).push_back(line);
  EXPECT_THAT(said, ::testing::ElementsAre("61 probes, got through: []"));
  // What it was refused is told, each kind once.
  std::vector<std::string> expected;
  for (const std::string_view name : {"ptrace",
                                      "mount",
                                      "umount2",
                                      "pivot_root",
                                      "chroot",
                                      "fsopen",
                                      "open_tree",
                                      "mount_setattr",
                                      "unshare",
                                      "clone with new namespaces",
                                      "setns",
                                      "add_key",
                                      "request_key",
                                      "keyctl",
                                      "bpf",
                                      "perf_event_open",
                                      "userfaultfd",
                                      "io_uring_setup",
                                      "open_by_handle_at",
                                      "syslog",
                                      "sethostname",
                                      "clock_settime",
                                      "reboot",
                                      "swapon",
                                      "init_module",
                                      "kexec_load",
                                      "acct",
                                      "socket of another family"})
    expected.push_back(std::format("weft: the sandbox refused the system call `{}`", name));
  EXPECT_THAT(told, ::testing::ElementsAreArray(expected));
}

TEST_F(Escape, WhoAsksWithoutEndIsRefusedWithoutBeingTold) {
  auto spec = python(std::format(R"(
import ctypes, errno, threading
libc = ctypes.CDLL(None, use_errno=True)
answers = set()
def ask():
    for _ in range(2000):
        answers.add((libc.syscall({}, 16, 1, 0, 0), ctypes.get_errno()))
threads = [threading.Thread(target=ask) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
print(answers == {{(-1, errno.EPERM), (-1, errno.ENOSYS)}})
)",
                                 static_cast<int>(SYS_ptrace)));
  const auto outcome = run(spec);
  EXPECT_THAT(outcome.log,
              ::testing::UnorderedElementsAre(
                  "True", "weft: the sandbox refused the system call `ptrace`",
                  "weft: the sandbox refused 1000 system calls; what follows is refused without "
                  "being told"));
}

TEST_F(Escape, WhatEndsWhileItAsksHarmsNobody) {
  // Killed in the middle of its questions, again and again: the hub's side goes with it.
  for (int i = 0; i < 10; ++i) {
    const auto outcome = run(shell("(while :; do unshare -m true 2>/dev/null; done) & sleep 0.0" +
                                   std::to_string(i) + "; kill -9 $$"));
    EXPECT_EQ(outcome.end.signal, SIGKILL);
  }
}

TEST_F(Escape, SocketsWithoutAFileAreApartOnTheMachinesNetworkToo) {
  const AbstractSocket socket;
  auto spec = python(std::format(R"(
import socket
client = socket.socket(socket.AF_UNIX)
try:
    client.connect("\0{}")
    print("connected")
except OSError as refused:
    print(refused.strerror)
)",
                                 socket.name()));
  spec.network = true;
  // Older kernels cannot.
  constexpr int kVersion = 1;
  const long landlock = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion);
  EXPECT_THAT(run(spec).log,
              ::testing::ElementsAre(landlock >= 6 ? "Operation not permitted" : "connected"));
  // What a program binds itself it reaches.
  auto own = python(R"(
import socket
server = socket.socket(socket.AF_UNIX)
server.bind("\0weft-own")
server.listen()
socket.socket(socket.AF_UNIX).connect("\0weft-own")
print("connected")
)");
  own.network = true;
  EXPECT_THAT(run(own).log, ::testing::ElementsAre("connected"));
}

}  // namespace
}  // namespace weft::app
