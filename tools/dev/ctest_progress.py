#!/usr/bin/env python3
"""ctest … | ctest_progress.py: how far ctest is and for how long, on the terminal or every half minute; failures at once."""
import re
import sys
import time

DONE = re.compile(r"^ *(\d+)/(\d+) +Test +#\d+: (\S+) .*?(Passed|\*\*\*\w+)")
EVERY = 30  # seconds between lines where the output is no terminal


class Progress:
    """Writes to OUT what the lines of ctest tell; CLOCK gives seconds."""

    def __init__(self, out, clock=time.monotonic):
        self.out, self.clock, self.terminal = out, clock, out.isatty()
        self.began = self.told = clock()

    def line(self, text):
        done = DONE.match(text)
        if not done:
            return
        number, total, name, how = done.groups()
        now = self.clock()
        if how not in ("Passed", "***Skipped"):
            self.say(f"{name}: {how.strip('*')}\n")
        if self.terminal or now - self.told >= EVERY or number == total:
            self.told = now
            self.say(f"{int(now - self.began):4d} s  {number}/{total} tests" + ("" if self.terminal else "\n"))

    def say(self, text):
        self.out.write(("\r\033[K" if self.terminal else "") + text)
        self.out.flush()

    def end(self):
        if self.terminal:
            self.say("")


def main():
    progress = Progress(sys.stderr)
    for text in sys.stdin:
        progress.line(text)
    progress.end()


if __name__ == "__main__":
    main()
