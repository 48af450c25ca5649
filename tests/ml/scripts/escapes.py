"""Tries what a hostile script would, and says of each try whether it was let. Nothing of it does harm where it is let."""
import ctypes
import errno
import fcntl
import json
import mmap
import os
import platform
import resource
import signal
import socket
import stat
import struct
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
HUB_PORT, HUB_PID, HUB_FOLDER = int(os.environ["HUB_PORT"]), int(os.environ["HUB_PID"]), os.environ["HUB_FOLDER"]
MODEL_DIR = os.environ["SM_MODEL_DIR"]
TRIES = {}


def attempt(name):
    """Counts as let unless it raises, or answers with False."""
    def keep(function):
        why = ""
        try:
            let = function() is not False
        except BaseException as error:
            let, why = False, f"{type(error).__name__}: {error}"
        TRIES[name] = {"let": let, "why": why[:120]}
        return function
    return keep


def fail_with_errno(what):
    error = ctypes.get_errno()
    raise OSError(error, f"{what}: {os.strerror(error)}")


def system_call(what, number, *arguments):
    if LIBC.syscall(number, *arguments) == -1:
        fail_with_errno(what)


def forbidden(what, number, *arguments):
    """Counts as let as well when the kernel only did not like the arguments: another caller's it would have taken."""
    ctypes.set_errno(0)
    if LIBC.syscall(number, *arguments) == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS, errno.EACCES):
        fail_with_errno(what)


def opened(path, how=os.O_RDONLY):
    os.close(os.open(path, how | os.O_NONBLOCK | os.O_CLOEXEC))


def any_opened(how, *paths):
    for path in paths:
        try:
            opened(path, how)
            return True
        except OSError:
            continue
    return False


def connected(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect(address)


@attempt("the hub's port")
def _():
    connected(socket.AF_INET, ("127.0.0.1", HUB_PORT))


@attempt("the metadata address")
def _():
    connected(socket.AF_INET, ("169.254.169.254", 80))


@attempt("another network interface than loopback")
def _():
    return any(name != "lo" for _, name in socket.if_nameindex())


@attempt("the hub's admin socket")
def _():
    connected(socket.AF_UNIX, f"{HUB_FOLDER}/data/weft.sock")


@attempt("an abstract socket")
def _():
    with open("/proc/net/unix") as file:
        names = [line.split()[-1] for line in file.read().splitlines()[1:] if "@" in line]
    if not names:
        return False
    connected(socket.AF_UNIX, chr(0) + names[0][1:])


@attempt("the hub's folder")
def _():
    os.listdir(HUB_FOLDER)


@attempt("the hub's folder by the root of process 1")
def _():
    os.listdir(f"/proc/1/root{HUB_FOLDER}")


@attempt("the shadow of the password file")
def _():
    with open("/etc/shadow") as file:
        return len(file.read()) > 0


@attempt("home folders")
def _():
    return any(os.path.isdir(path) and os.listdir(path) for path in ("/root", "/home"))


@attempt("programs to be changed")
def _():
    with open("/usr/bin/weft-was-here", "w"):
        os.unlink("/usr/bin/weft-was-here")


@attempt("the hub's process")
def _():
    os.kill(HUB_PID, 0)
    with open(f"/proc/{HUB_PID}/cmdline") as file:
        return "weft" in file.read()


@attempt("tracing who started it")
def _():
    if LIBC.ptrace(16, os.getppid(), None, None) == -1:  # PTRACE_ATTACH
        fail_with_errno("ptrace")


@attempt("mounting")
def _():
    if LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) == -1:
        fail_with_errno("mount")


@attempt("a user namespace of its own")
def _():
    if LIBC.unshare(0x10000000) == -1:  # CLONE_NEWUSER
        fail_with_errno("unshare")


@attempt("the kernel's keys")
def _():
    system_call("keyctl", 250, 0, -3, 1)  # KEYCTL_GET_KEYRING_ID of the session, made when missing


@attempt("programs for the kernel")
def _():
    system_call("bpf", 321, 0, ctypes.create_string_buffer(128), 128)


@attempt("rings of system calls")
def _():
    system_call("io_uring_setup", 425, 8, ctypes.create_string_buffer(256))


@attempt("events of the processor")
def _():
    event = ctypes.create_string_buffer(128)
    event[4] = 112
    system_call("perf_event_open", 298, event, 0, -1, -1, 0)


@attempt("a device of its own")
def _():
    os.mknod("/tmp/device", 0o600 | 0o020000, os.makedev(1, 1))


@attempt("another root")
def _():
    os.chroot("/tmp")


@attempt("the clock")
def _():
    if LIBC.clock_settime(0, ctypes.create_string_buffer(16)) == -1:
        fail_with_errno("clock_settime")


@attempt("the machine's name")
def _():
    if LIBC.sethostname(b"taken", 5) == -1:
        fail_with_errno("sethostname")


@attempt("more rights by a program that has them")
def _():
    return LIBC.prctl(39, 0, 0, 0, 0) != 1  # PR_GET_NO_NEW_PRIVS


@attempt("system calls without a filter")
def _():
    return LIBC.prctl(21, 0, 0, 0, 0) != 2  # PR_GET_SECCOMP


@attempt("capabilities")
def _():
    head, sets = struct.pack("=Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
    if LIBC.capget(head, sets) == -1:
        return True
    return any(sets.raw)


@attempt("words for the terminal of who started weft")
def _():
    terminal = os.open("/dev/tty", os.O_RDWR)
    fcntl.ioctl(terminal, 0x5412, b"x")  # TIOCSTI


@attempt("what the hub was started with")
def _():
    return any("canary" in value for value in os.environ.values())


@attempt("descriptors that were left open")
def _():
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            if HUB_FOLDER in os.readlink(f"/proc/self/fd/{descriptor}"):
                return True
        except OSError:
            continue
    return False


@attempt("what it was given to be read only")
def _():
    with open("/opt/ml/input/config/hyperparameters.json", "w"):
        pass


@attempt("settings of the kernel")
def _():
    return any_opened(os.O_WRONLY, "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
                      "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/protected_symlinks", "/proc/sysrq-trigger")


@attempt("control groups")
def _():
    groups = "/sys/fs/cgroup"
    return any_opened(os.O_WRONLY, f"{groups}/cgroup.procs", f"{groups}/memory.max", f"{groups}/release_agent") or any(
        os.access(path, os.W_OK) for path in (groups, "/sys") if os.path.exists(path))


@attempt("the kernel's own files")
def _():
    return os.path.exists("/sys/kernel") or any(
        os.path.exists(path) and os.listdir(path) for path in ("/sys/kernel/debug", "/sys/kernel/security", "/sys/firmware"))


@attempt("raw packets")
def _():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()


@attempt("raw addresses")
def _():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


@attempt("the host of a virtual machine")
def _():
    socket.socket(40, socket.SOCK_STREAM, 0).close()  # AF_VSOCK


@attempt("ciphers of the kernel")
def _():
    socket.socket(38, socket.SOCK_SEQPACKET, 0).close()  # AF_ALG


def netlink(family, kind, body):
    """The error that the kernel answers with; 0: it was done."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family) as s:
        s.settimeout(2)
        s.bind((0, 0))
        # With the wish for an acknowledgement.
        s.send(struct.pack("=IHHII", 16 + len(body), kind, 5, 1, 0) + body)
        return -struct.unpack_from("=i", s.recv(4096), 16)[0]


@attempt("the network's configuration")
def _():
    # RTM_NEWLINK of loopback without a change: who may not, is refused before that is looked at.
    if error := netlink(socket.NETLINK_ROUTE, 16, struct.pack("=BxHiII", 0, 0, 1, 0, 0)):
        raise OSError(error, os.strerror(error))


@attempt("the kernel's audit")
def _():
    # AUDIT_GET.
    if error := netlink(9, 1000, b""):
        raise OSError(error, os.strerror(error))


def cloned(flags):
    """clone3: its flags lie in memory, where no filter of system calls sees them."""
    arguments = struct.pack("=8Q", flags, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    pid = LIBC.syscall(435, arguments, len(arguments))
    if pid == 0:
        os._exit(0)
    if pid == -1:
        fail_with_errno("clone3")
    os.waitpid(pid, 0)


for what, flag in (("users", 0x10000000), ("networks", 0x40000000), ("processes", 0x20000000), ("mounts", 0x20000),
                   ("names", 0x04000000), ("messages", 0x08000000), ("control groups", 0x02000000)):
    attempt(f"new {what} by clone3")(lambda flag=flag: cloned(flag))
    attempt(f"new {what} beside new users by clone3")(lambda flag=flag: cloned(flag | 0x10000000))


@attempt("another's namespaces")
def _():
    forbidden("setns", 308, -1, 0)


@attempt("files by their handle")
def _():
    forbidden("open_by_handle_at", 304, -1, ctypes.create_string_buffer(128), 0)


@attempt("another kernel")
def _():
    forbidden("kexec_load", 246, 0, 0, None, 0)


@attempt("a restart of the machine")
def _():
    # With no right magic number: nothing would come of it.
    forbidden("reboot", 169, 0, 0, 0, 0)


@attempt("memory on a disk of its own")
def _():
    forbidden("swapon", 167, b"/tmp/none", 0)


@attempt("modules for the kernel")
def _():
    forbidden("init_module", 175, b"x", 1, b"")


@attempt("modules for the kernel, from a file")
def _():
    forbidden("finit_module", 313, -1, b"", 0)


@attempt("accounts of processes")
def _():
    forbidden("acct", 163, b"/tmp/none")


@attempt("quotas of disks")
def _():
    forbidden("quotactl", 179, 0x80000700, None, 0, None)  # Q_GETINFO


@attempt("what the kernel has logged")
def _():
    forbidden("syslog", 103, 3, ctypes.create_string_buffer(64), 64)


@attempt("ports of the processor")
def _():
    forbidden("iopl", 172, 3)


@attempt("a new mount by the newer calls")
def _():
    forbidden("fsopen", 430, b"tmpfs", 0)


@attempt("a copy of the mounts")
def _():
    forbidden("open_tree", 428, -100, b"/", 1)


@attempt("a mount moved")
def _():
    forbidden("move_mount", 429, -1, b"", -1, b"", 0)


@attempt("what is read only made writable")
def _():
    forbidden("mount_setattr", 442, -100, b"/usr", 0, struct.pack("=4Q", 0, 1, 0, 0), 32)


@attempt("an unmount")
def _():
    forbidden("umount2", 166, b"/usr", 2)


@attempt("another root by pivot")
def _():
    forbidden("pivot_root", 155, b"/tmp", b"/tmp")


@attempt("faults of pages")
def _():
    forbidden("userfaultfd", 323, 1)


@attempt("opens of others")
def _():
    # FAN_CLASS_CONTENT: one that is asked before others may open a file.
    forbidden("fanotify_init", 300, 4, 0)


@attempt("the hub's memory")
def _():
    place = ctypes.create_string_buffer(64)
    here, there = struct.pack("=QQ", ctypes.addressof(place), 64), struct.pack("=QQ", 0x400000, 64)
    system_call("process_vm_readv", 310, HUB_PID, here, ctypes.c_ulong(1), there, ctypes.c_ulong(1), ctypes.c_ulong(0))


@attempt("the hub's descriptors")
def _():
    system_call("pidfd_getfd", 438, os.pidfd_open(HUB_PID), 0, 0)


@attempt("descriptors of its root process that lead somewhere")
def _():
    root = os.pidfd_open(1)
    for number in range(64):
        own = LIBC.syscall(438, root, number, 0)
        if own < 0:
            continue
        kind = os.fstat(own).st_mode
        if stat.S_ISDIR(kind) or stat.S_ISREG(kind) or stat.S_ISBLK(kind):
            return True
        if stat.S_ISSOCK(kind):
            try:
                socket.socket(fileno=own).send(b"x")
                return True
            except OSError:
                continue
    return False


def dies(code):
    """Whether a child that runs these bytes is ended before it can say that it was let."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
            page.write(code)
            run = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
            if run() > 0:
                os.write(writer, b"let")
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    return os.read(reader, 3) != b"let"


if platform.machine() == "x86_64":
    # getpid by the gate of 32-bit programs, whose numbers are others: mov eax, 20; int 0x80; ret
    attempt("calls as a program of 32 bits")(lambda: not dies(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"))
    # And by the third set of numbers, those of x32.
    attempt("calls as a program of x32")(lambda: forbidden("getpid of x32", 0x40000000 | 39))


@attempt("what its root process was started with")
def _():
    for name in ("environ", "cmdline"):
        with open(f"/proc/1/{name}", "rb") as file:
            text = file.read()
        if b"canary" in text or HUB_FOLDER.encode() in text:
            return True
    return False


@attempt("programs with another's rights")
def _():
    return any(os.path.isdir(path) and not os.statvfs(path).f_flag & os.ST_NOSUID for path in ("/", "/usr", "/tmp", "/opt/ml"))


@attempt("devices where it can write")
def _():
    return any(not os.statvfs(path).f_flag & os.ST_NODEV for path in ("/tmp", "/opt/ml", "/dev/shm"))


@attempt("devices of the machine")
def _():
    return any_opened(os.O_RDONLY, *(f"/dev/{name}" for name in (
        "mem", "kmem", "port", "kmsg", "vda", "sda", "nvme0n1", "loop-control", "loop0", "fuse", "kvm", "net/tun", "vhost-vsock",
        "uinput", "userfaultfd")))


@attempt("the memory of the machine by /proc")
def _():
    return any(len(read_some(f"/proc/{name}")) > 0 for name in ("kcore", "kallsyms", "iomem", "keys", "kpageflags"))


def read_some(path):
    try:
        with open(path, "rb") as file:
            return file.read(64)
    except OSError:
        return b""


@attempt("maps of its users")
def _():
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 0 4294967295")


@attempt("to be spared when memory ends")
def _():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-1000")


@attempt("a turn before others")
def _():
    os.setpriority(os.PRIO_PROCESS, 0, -5)


@attempt("real time")
def _():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


@attempt("limits of its own choice")
def _():
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@attempt("signals to others than its own")
def _():
    def is_there(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    # Its own are few: what began it, itself, and their threads.
    return is_there(HUB_PID) and HUB_PID > 64 or sum(map(is_there, range(1, 33000))) > 64


@attempt("memory that others share")
def _():
    return bool(os.listdir("/dev/shm")) or len(open("/proc/sysvipc/shm").read().splitlines()) > 1


@attempt("the machine's buses")
def _():
    return any(os.path.exists(path) for path in ("/run/dbus", "/run/systemd", "/var/run/docker.sock", "/run/containerd"))


@attempt("a child that outlives it")
def _():
    # Whether it does is for the test to see: it looks for the number.
    subprocess.Popen(["/usr/bin/sleep", "600.4242"], start_new_session=True)
    return False


# A link out of the model's folder, for who packs it.
os.symlink("/etc/passwd", os.path.join(MODEL_DIR, "link"))
with open(os.path.join(MODEL_DIR, "tries.json"), "w") as file:
    json.dump(TRIES, file)
