"""strace on a hub that runs: what it does to its files, and a SIGKILL at a system call of the test's choice."""
import os
import re
import shutil
import signal
import subprocess

from lib.waits import PATIENCE, eventually

STRACE = shutil.which("strace")


class Traced:
    """Attached to all threads of a process; the processes that it starts are followed, too.

    KILL_AT is (system call, n): the thread that is about to do it for the nth time since then ends its process by SIGKILL,
    before anything of it is done. HOLD is (system call, seconds): whoever is about to do it is held for that long."""

    def __init__(self, pid, place, calls, kill_at=None, hold=None, text_bytes=64):
        self.place = place
        words = [STRACE, "-f", "-y", "-s", str(text_bytes), "-o", place, "-e", "trace=" + ",".join(calls), "-p", str(pid)]
        if kill_at:
            words[1:1] = ["-e", f"inject={kill_at[0]}:signal=SIGKILL:when={kill_at[1]}"]
        if hold:
            words[1:1] = ["-e", f"inject={hold[0]}:delay_enter={int(hold[1] * 1e6)}"]
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.said = ""
        eventually("strace is attached", self.attached, 20)

    def attached(self):
        self.said += (self.process.stderr.read() or b"").decode(errors="replace")
        if "attached" in self.said:
            return True  # it may have ended since: what was to be killed did at once what it is killed for
        if self.process.poll() is not None:
            raise AssertionError(f"strace ended with {self.process.returncode}: {self.said}")
        return False

    def end(self):
        """What it saw, a line for each call: (thread, call, its arguments); those that were cut off by others' as they began."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(20 * PATIENCE)
        self.process.stderr.close()
        out = []
        with open(self.place, errors="replace") as file:
            for line in file:
                if match := re.match(r"(\d+) +(\w+)\((.*)", line):
                    out.append(match.groups())
        return out
