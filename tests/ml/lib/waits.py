"""Waiting with a deadline."""
import time

# An asan build on a busy machine is that much slower than the figures tests are written with.
PATIENCE = 3


def eventually(what, question, seconds=20, every=0.05):
    """The first answer that counts as true."""
    until = time.monotonic() + seconds * PATIENCE
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds * PATIENCE} s: {what}")
        time.sleep(every)
