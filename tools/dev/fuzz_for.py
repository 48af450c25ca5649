#!/usr/bin/env python3
"""fuzz_for.py SECONDS COMMAND…: runs a fuzzer until it has used so many seconds of processor time, however busy
the machine is; ends as the fuzzer ends."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LOOK_S = 1.0
# A fuzzer that does not get the processor for this many times its share is given up.
PATIENCE = 20


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    seconds, command = float(sys.argv[1]), sys.argv[2:]
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.kill())
    until = time.monotonic() + seconds * PATIENCE
    while process.poll() is None:
        if time.monotonic() > until:
            process.kill()
            sys.exit(f"fuzz_for: {cpu_seconds(process.pid):.0f} s of processor in {seconds * PATIENCE:.0f} s")
        if cpu_seconds(process.pid) >= seconds:
            process.send_signal(signal.SIGUSR1)  # libFuzzer ends in good order
            return process.wait(timeout=60)
        time.sleep(LOOK_S)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())
