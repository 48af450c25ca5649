"""The houses of examples/city that learn, run as a person runs them; and what a bank would be told."""
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.request
from pathlib import Path

from lib.aws import AwsCase
from lib.hub import only_weft
from lib.waits import PATIENCE

CITY = Path(__file__).resolve().parents[2] / "examples/city"


class House(AwsCase):
    def run_house(self, name, *words, seconds=120):
        done = subprocess.run([sys.executable, CITY / name / f"{name}.py", *words], capture_output=True, text=True,
                              timeout=seconds * PATIENCE, cwd=self.folder, env=dict(os.environ))
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
        print(done.stdout)
        return done.stdout


@only_weft
class Fraud(House):
    USUAL = {"amount": 12.34, "hour": 9.0, "new_payee": 0, "own_account": 0, "balance_share": 0.0004, "times_usual": 0.1, "paid_today": 0}
    THEFT = {**USUAL, "amount": 24_000, "hour": 3.5, "new_payee": 1, "balance_share": 0.6, "times_usual": 120}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.printed = cls("test_how_good_it_is").run_house("fraud")

    def test_how_good_it_is(self):
        self.assertGreater(float(re.search(r"^AUC ([0-9.]+)$", self.printed, re.M).group(1)), 0.98)
        stopped, frauds, bothered, others = map(int, re.search(
            r"(\d+) of (\d+) frauds stopped, and (\d+) of (\d+) other", self.printed).groups())
        self.assertGreater(stopped / frauds, 0.5)
        self.assertLess(bothered / others, 0.01)

    def risk(self, features):
        inputs = [{"name": name, "datatype": "FP32", "shape": [1], "data": [value]} for name, value in features.items()]
        request = urllib.request.Request(f"{self.url}/v2/models/fraud/infer", json.dumps({"inputs": inputs}).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            (risk,) = json.load(answer)["outputs"][0]["data"]
        return risk

    def test_a_bank_that_asks_in_tensors(self):
        self.assertLess(self.risk(self.USUAL), 0.1)
        self.assertGreater(self.risk(self.THEFT), 0.5)

    def test_a_bank_that_asks_a_tool(self):
        """The columns' names are the arguments of the skill, in whatever protocol."""
        said = [f"{name}={value}" for name, value in self.THEFT.items()]
        called = self.hub.run("call", "fraud/predict", *said)
        self.assertEqual(called.returncode, 0, called.stderr)
        (risk,) = map(float, re.findall(r"\b0\.\d+", called.stdout))
        self.assertAlmostEqual(risk, self.risk(self.THEFT), 4)

    def test_run_again_it_puts_a_new_model_in_place(self):
        self.assertIn("is in service", self.run_house("fraud", "--accounts", "120", "--days", "90", "--seed", "2"))


@only_weft
class Meter(House):
    def test_it_reads_what_it_drew(self):
        printed = self.run_house("meter", "--draw", "meter.pgm", "--reading", "04817")
        self.assertIn("read 04817 off a meter that shows 04817", printed)
        self.assertGreater(float(re.search(r"accuracy ([0-9.]+)", printed).group(1)), 0.97)
        self.assertTrue(self.run_house("meter", "--read", "meter.pgm").startswith("04817 "))


if __name__ == "__main__":
    unittest.main()
