"""Writes until it is stopped: to a disk (at most MOST bytes of it, should nobody stop it), to memory, or one file."""
import os
import sys

WHERE, MOST = os.environ["WHERE"], int(os.environ.get("MOST", "0"))
PIECE = 64 * 2**20


def blocks(folder):
    """Files whose room is taken, without the time that writing them would cost."""
    taken = 0
    while taken < MOST:
        with open(os.path.join(folder, f"filler-{taken}"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, PIECE)
        taken += PIECE
    print(f"took {taken} bytes and was not stopped", flush=True)


def memory(folder):
    at = 0
    while True:
        with open(os.path.join(folder, f"filler-{at}"), "wb") as file:
            file.write(b"x" * PIECE)
        at += 1


def one_file(folder):
    """Nothing but its last byte is there; it says that it is longer than any may be."""
    with open(os.path.join(folder, "filler"), "wb") as file:
        file.seek(65 * 2**30)
        file.write(b"x")


{"disk": lambda: blocks(os.environ["SM_MODEL_DIR"]), "output": lambda: blocks(os.environ["SM_OUTPUT_DATA_DIR"]),
 "/tmp": lambda: memory("/tmp"), "/dev/shm": lambda: memory("/dev/shm"),
 "one file": lambda: one_file(os.environ["SM_MODEL_DIR"])}[WHERE]()
sys.exit(0)
