"""On PYTHONPATH of a program that is another process: its answers are looked at too, though it knows nothing of that. What was seen
goes to the file WEFT_ML_ANSWERS when the program ends."""
import atexit
import json
import os
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))
from lib.answers import Checked, watch_boto3  # noqa: E402

checked = Checked()
watch_boto3(checked)


def tell():
    Path(os.environ["WEFT_ML_ANSWERS"]).write_text(json.dumps({
        "answers": checked.answers, "operations": sorted(checked.operations), "faults": checked.faults}))


atexit.register(tell)
