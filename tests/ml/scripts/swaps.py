"""Swaps files of a folder for links to somewhere else, and back, as fast as it can, from a process that its script's end does
not end: whoever packs or uploads the folder has to do it meanwhile. WHERE is the folder, TARGET a file of the machine's."""
import ctypes
import os
import signal
import sys
import time

WHERE, TARGET = os.environ["WHERE"], os.environ["TARGET"]
COUNT = 100
RENAME_EXCHANGE = 2
LIBC = ctypes.CDLL(None, use_errno=True)


def exchange(one, other):
    """At once: neither name is ever missing, and both files stay what they are."""
    if LIBC.renameat2(-100, one.encode(), -100, other.encode(), RENAME_EXCHANGE) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


# The links lie outside of what is packed: there they would be left out, and never be the other's turn.
aside = os.path.join(os.path.dirname(WHERE), f"aside-{os.path.basename(WHERE)}")
os.makedirs(aside, exist_ok=True)
os.makedirs(WHERE, exist_ok=True)
# All others may be links when it is looked.
with open(os.path.join(WHERE, "stays"), "wb") as out:
    out.write(b"own")
pairs = []
for at in range(COUNT):
    file, link = os.path.join(WHERE, f"{at:03}"), os.path.join(aside, f"{at:03}")
    # Takes its time to be packed.
    with open(file, "wb") as out:
        out.write(b"own" + os.urandom(200_000))
    os.symlink(TARGET, link)
    pairs.append((file, link))
    # And a folder, behind which the same name is another's file.
    folder, link = os.path.join(WHERE, f"folder-{at:03}"), os.path.join(aside, f"folder-{at:03}")
    os.mkdir(folder)
    with open(os.path.join(folder, os.path.basename(TARGET)), "wb") as out:
        out.write(b"own")
    os.symlink(os.path.dirname(TARGET), link)
    pairs.append((folder, link))

counter = os.open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "swaps"), os.O_RDWR | os.O_CREAT)
os.pwrite(counter, b"%012d" % 0, 0)
begun, told = os.pipe()
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for number in range(2):
        os.dup2(os.open("/dev/null", os.O_RDWR), number + 1)
    swaps = 0
    while True:
        for pair in pairs:
            exchange(*pair)
            swaps += 1
            if swaps == COUNT:
                os.write(told, b"x")
        os.pwrite(counter, b"%012d" % swaps, 0)
os.read(begun, 1)
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "before"), "wb") as out:
    out.write(os.pread(counter, 12, 0))

if os.environ.get("STAYS"):
    # Each is there for good, so that whoever waits for one knows that it was looked once more.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for at in range(1_000_000):
        whole = os.path.join(aside, "whole")
        with open(whole, "w") as out:
            out.write("own")
        os.rename(whole, os.path.join(WHERE, f"steady-{at}"))
        time.sleep(1)
