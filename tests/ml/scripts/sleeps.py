"""A script that never ends by itself; told to stop it says so, and leaves what it has."""
import os
import signal
import sys
import time


def leave(*_):
    print("told to stop", flush=True)
    with open(os.path.join(os.environ["SM_MODEL_DIR"], "partial"), "w") as file:
        file.write("half a model")
    sys.exit(0)


signal.signal(signal.SIGTERM, leave)
print("sleeping", flush=True)
while True:
    time.sleep(0.1)
