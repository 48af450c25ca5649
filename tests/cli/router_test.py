"""`weft router eval`: what it prints, and what it says of files that are none."""
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import WEFT

SKILLS = [
    {"id": "taxi", "name": "order_taxi", "description": "Order a taxi to an address.", "examples": ["get me a cab", "call me a taxi home"]},
    {"id": "clinic", "name": "book_doctor", "description": "Book an appointment with a doctor.", "examples": ["I have a fever"]},
]
QUERIES = [{"text": "get me a cab", "gold": "taxi"}, {"text": "a doctor for my fever", "gold": "clinic"}, {"text": "zyx wvu", "gold": None}]


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)


class RouterEval(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weft-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("skills", lines(SKILLS))
        self.write("queries", lines(QUERIES))

    def write(self, name, text):
        (self.folder / f"{name}.jsonl").write_text(text)

    def eval(self, *words):
        return subprocess.run([WEFT, "router", "eval", "--skills", "skills.jsonl", "--queries", "queries.jsonl", *words],
                              capture_output=True, text=True, timeout=60, cwd=self.folder)

    def test_one_document(self):
        done = self.eval("--json", "--each")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        document = json.loads(done.stdout)
        for name, value in {"in_scope": 2, "out_of_scope": 1, "top1": 1.0, "top3": 1.0, "acc": 1.0, "oosR": 1.0, "joint": 1.0, "auroc": 1.0}.items():
            self.assertEqual(document[name], value, name)
        for name in ("p50_us", "p99_us", "train_s", "model_mb", "asked"):
            self.assertGreaterEqual(document[name], 0)
        self.assertEqual([each["ranked"][0]["id"] for each in document["each"][:2]], ["taxi", "clinic"])
        self.assertEqual(document["each"][2]["zone"], "decline")

    def test_a_table_for_people(self):
        done = self.eval("--each")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^go\ttaxi\t\d\.\d{3}\tget me a cab$")
        self.assertRegex(done.stdout, r"(?m)^joint +100\.0 %")

    def test_thresholds_are_fixed_from_a_file(self):
        self.assertEqual(json.loads(self.eval("--json").stdout)["oosR"], 1.0)
        self.write("val", lines([{"text": "zyx wvu", "gold": "taxi"}] * 20))
        done = self.eval("--json", "--calibrate", "val.jsonl")
        self.assertEqual(json.loads(done.stdout)["oosR"], 0.0)

    def test_measures_without_their_queries_are_null(self):
        self.write("queries", lines(QUERIES[:2]))
        document = json.loads(self.eval("--json").stdout)
        self.assertEqual((document["oosR"], document["auroc"]), (None, None))
        self.assertRegex(self.eval().stdout, r"(?m)^oosR +none")

    def test_what_is_wrong_is_said_with_its_place(self):
        for name, text, said in (
                ("queries", "", "queries.jsonl: it has no line"),
                ("queries", '{"text": "x", "gold": "bus"}\n', "queries.jsonl:1: there is no skill `bus`"),
                ("queries", '\n{"text": "x"}\n', "queries.jsonl:2: `gold` is missing"),
                ("queries", '{"text": 7, "gold": null}\n', "queries.jsonl:1: `text` is no string"),
                ("queries", "[]\n", "queries.jsonl:1"),
                ("skills", '{"name": "x"}\n', "skills.jsonl:1: `id` is missing"),
                ("skills", '{"id": "x", "examples": "y"}\n', "skills.jsonl:1: `examples` is no list"),
                ("skills", '{"id": "x", "examples": [1]}\n', "skills.jsonl:1: an example is no string"),
                ("skills", lines([SKILLS[0], SKILLS[0]]), "skills.jsonl:2: the skill `taxi` stands there twice"),
                ("skills", '{"id": "x"}\n', "the skill `x` has no name, description or example")):
            with self.subTest(said):
                self.setUp()
                if name == "skills":
                    self.write("queries", '{"text": "x", "gold": null}\n')
                self.write(name, text)
                done = self.eval()
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(said, done.stderr)
                self.assertIn("hint:", done.stderr)
                self.assertEqual(json.loads(self.eval("--json").stdout)["error"]["reason"], "invalid_argument")
        self.setUp()
        self.assertIn("none.jsonl", self.eval("--calibrate", "none.jsonl").stderr)
        self.write("val", '{"text": "x", "gold": null}\n')
        self.assertIn("val.jsonl: no query of it means a skill", self.eval("--calibrate", "val.jsonl").stderr)


if __name__ == "__main__":
    unittest.main()
