"""Tries what a hostile script would, and says of each try whether it was let. Nothing of it does harm where it is let."""
import ctypes
import fcntl
import json
import os
import socket
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


def own_status():
    with open("/proc/self/status") as file:
        return dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)


@attempt("more rights by a program that has them")
def _():
    return own_status()["NoNewPrivs"].strip() != "1"


@attempt("capabilities")
def _():
    return int(own_status()["CapEff"], 16) != 0


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


@attempt("a child that outlives it")
def _():
    # Whether it does is for the test to see: it looks for the number.
    subprocess.Popen(["/usr/bin/sleep", "600.4242"], start_new_session=True)
    return False


# A link out of the model's folder, for who packs it.
os.symlink("/etc/passwd", os.path.join(MODEL_DIR, "link"))
with open(os.path.join(MODEL_DIR, "tries.json"), "w") as file:
    json.dump(TRIES, file)
