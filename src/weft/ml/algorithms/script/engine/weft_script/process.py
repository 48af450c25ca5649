"""A program of the user's: what it writes goes on as it comes, its last words are kept, SIGTERM reaches all of it."""
import os
import select
import signal
import subprocess
import time

from weft_script import limits
from weft_script.problem import Problem


class Watch:
    """SIGTERM as a wish to end, and SIGCHLD; both end a wait. One a process."""

    def __init__(self):
        self.stop = False
        self.reader, self.writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGTERM, self.want_stop)
        signal.signal(signal.SIGCHLD, lambda *_: self.wake())
        # A signal that comes right before a wait ends it too; wake() is for when the user's code has taken this one away.
        signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)

    def want_stop(self, *_):
        self.stop = True
        self.wake()

    def wake(self):
        """From any thread."""
        try:
            os.write(self.writer, b"w")
        except BlockingIOError:
            pass

    def sleep(self, seconds):
        """At most so long: any signal ends it."""
        if select.select([self.reader], [], [], max(0, seconds))[0]:
            self.clear()

    def clear(self):
        try:
            while len(os.read(self.reader, 4096)) == 4096:
                pass
        except BlockingIOError:
            pass


class Tail:
    """The end of what a program wrote."""

    def __init__(self):
        self.bytes = b""

    def add(self, data):
        self.bytes = (self.bytes + data)[-limits.TAIL_BYTES:]

    def lines(self):
        return [line.rstrip("\r") for line in self.bytes.decode("utf-8", "replace").split("\n") if line.strip()]


def forward(data):
    """To the log. Whoever does not listen any more is no reason to die."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(1, view):]
        except OSError:
            return


def start(command, folder, environment):
    """With both of its outputs in one pipe, in a process group of its own."""
    try:
        return subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, bufsize=0, process_group=0)
    except OSError as error:
        raise Problem(f"cannot start `{command[0]}`: {error.strerror}") from None
    except ValueError as error:
        raise Problem(f"cannot start `{command[0]}`: {error}") from None


def signal_group(child, number):
    """Everything that it started and left in its group, even when it itself has ended."""
    try:
        os.killpg(child.pid, number)
    except OSError:
        pass


def drain(pipe, tail):
    """What is there now; False at its end."""
    try:
        data = os.read(pipe, limits.READ_BYTES)
    except BlockingIOError:
        return True
    if not data:
        return False
    forward(data)
    tail.add(data)
    return True


def group_lives(child):
    try:
        os.killpg(child.pid, 0)
    except OSError:
        return False
    return True


class Run:
    """A program until all of it has ended."""

    def __init__(self, command, folder, environment, watch):
        self.watch = watch
        self.tail = Tail()
        self.child = start(command, folder, environment)
        self.pipe = self.child.stdout.fileno()
        os.set_blocking(self.pipe, False)
        self.poll = select.poll()
        self.poll.register(watch.reader, select.POLLIN)
        self.poll.register(self.pipe, select.POLLIN)
        self.writes = True
        self.told = False

    def turn(self, seconds):
        """What it writes, for at most so long; signals go on to all of it."""
        if self.watch.stop and not self.told:
            self.told = True
            signal_group(self.child, signal.SIGTERM)
        ready = dict(self.poll.poll(None if seconds is None else max(0, seconds * 1000)))
        if self.watch.reader in ready:
            self.watch.clear()
        if self.pipe in ready and not drain(self.pipe, self.tail):
            self.poll.unregister(self.pipe)
            self.writes = False

    def finish(self):
        """What it has started may still save something after a SIGTERM; then nothing of it may change its files any more."""
        until = time.monotonic() + (limits.GROUP_STOP_S if self.told else 0)
        while group_lives(self.child) and time.monotonic() < until:
            self.turn(limits.GROUP_LOOK_S)
        signal_group(self.child, signal.SIGKILL)
        until = time.monotonic() + limits.OUTPUT_GRACE_S
        while self.writes and time.monotonic() < until:
            self.turn(until - time.monotonic())
        self.child.stdout.close()


def run(command, folder, environment, watch):
    """Its return code as subprocess has it, and its last words."""
    program = Run(command, folder, environment, watch)
    while program.child.poll() is None:
        program.turn(None)
    program.finish()
    return program.child.returncode, program.tail
