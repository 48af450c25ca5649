"""Programs that are other processes and use boto3: their answers are looked at as those of the tests are."""
import json
import os
import subprocess
import uuid
from pathlib import Path

from lib.waits import PATIENCE

WATCHED = Path(__file__).resolve().parent / "watched"


def run_watched(case, command, seconds, **environment):
    """What it prints, and the operations that it called; fails unless it ends well and every answer that it got has fitted."""
    seen = case.folder / f"answers-{uuid.uuid4().hex}.json"
    env = {**os.environ, **environment, "PYTHONPATH": str(WATCHED), "WEFT_ML_ANSWERS": str(seen)}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=seconds * PATIENCE, cwd=case.folder, env=env)
    case.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
    told = json.loads(seen.read_text())
    case.assertEqual(told["faults"], [])
    return done.stdout, {*told["operations"]}
