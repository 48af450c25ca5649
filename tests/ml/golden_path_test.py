"""The examples in examples/sagemaker, run as a person runs them: a program, and what the environment says."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

from lib.hub import Case, only_weft
from lib.waits import PATIENCE

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/sagemaker"


@only_weft
class GoldenPath(Case):
    def run_example(self, name, seconds):
        done = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, timeout=seconds * PATIENCE,
                              cwd=self.folder, env=dict(os.environ))
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
        print(done.stdout)
        return done.stdout

    def test_sdk(self):
        printed = self.run_example("golden_path.py", 120)
        steps = [line.split(":")[0].removeprefix("== ") for line in printed.splitlines() if line.startswith("== ")]
        self.assertEqual([step.split()[0] for step in steps], ["data", "fit", "metrics", "deploy", "predict", "update", "delete", "done"])
        self.assertIn("#011validation-rmse:", printed)

    def test_boto3(self):
        self.assertIn("Completed", self.run_example("golden_path_boto3.py", 60))


if __name__ == "__main__":
    unittest.main()
