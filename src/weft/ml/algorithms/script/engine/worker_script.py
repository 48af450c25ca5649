#!/usr/bin/env -S python3 -IB
"""weft-worker-script: runs the user's own programs, to train and to serve, by SageMaker's container contract.

Installed as libexec/weft/weft-worker-script, its parts beside it in script/. Isolated from PYTHON… variables and the
working directory: those are for the user's program.
"""
import os
import sys

here = os.path.dirname(os.path.realpath(__file__))
home = os.path.join(here, "script")
sys.path.insert(0, home if os.path.isdir(home) else here)

from weft_script import program  # noqa: E402

if __name__ == "__main__":
    sys.exit(program.main(sys.argv))
