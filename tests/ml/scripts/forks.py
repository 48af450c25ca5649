"""Begins processes until it is stopped; each lives on without a word."""
import os
import signal
import time

count = 0
try:
    # Not for ever, should nobody stop it.
    while count < 3000:
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600.5151)
        count += 1
except OSError as refused:
    print(f"no more after {count}: {refused.strerror}", flush=True)
    raise SystemExit(f"no more than {count} processes") from refused
