"""Training and serving from the command line: what goes along with a job, what is asked, models that are files, models in weft.yaml."""
import io
import json
import pickle
import re
import signal
import tarfile
import unittest
from pathlib import Path

from harness import Case, eventually

ROOT = Path(__file__).resolve().parents[2]
ALGORITHMS = ROOT / "src/weft/ml/algorithms"
ONNX = ALGORITHMS / "onnx/engine/golden/mlp.onnx"
FASTTEXT = ALGORITHMS / "blazingtext/engine/golden/plain.bin"
# A version and a graph, as an ONNX model has them, and nothing that could be loaded.
BROKEN_ONNX = b"\x08\x08\x3a\x00"
ROW = ",".join(map(str, json.loads((ONNX.parent / "answers.json").read_text())["mlp"]["input"][0]))
SAYS = """import os
def model_fn(folder): return os.environ.get("WORD", "nothing")
def input_fn(data, content_type): return data
def predict_fn(data, model): return model
def output_fn(prediction, accept): return prediction, "text/plain"
"""
WALKS = """import os, helper
for at, folders, files in os.walk("/opt/ml/code"):
    print("walked", at, *folders, *files, flush=True)
for at, folders, files in os.walk("/opt/ml/input/data"):
    print("walked", at, *folders, *files, flush=True)
open("/opt/ml/model/done", "w").write(helper.WORD)
"""


def pack(path, files):
    """An archive of {name: bytes or a file}."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            content = content.read_bytes() if isinstance(content, Path) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


class Models(Case):
    def setUp(self):
        super().setUp()
        self.at = Path(self.folder)

    def write(self, name, text):
        path = self.at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.write_bytes if isinstance(text, bytes) else path.write_text)(text)
        return path

    def run_ok(self, *words, **more):
        done = self.hub.run(*words, seconds=120, **more)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done

    def refused(self, *words, exit=1):
        done = self.hub.run(*words, seconds=120)
        self.assertEqual(done.returncode, exit, f"{words}: {done.stdout}{done.stderr}")
        return done.stderr

    def asked(self, endpoint, data, *options):
        return self.run_ok("predict", endpoint, "--input", data, *options).stdout.strip()

    def train_tiny(self):
        self.write("rows.csv", "".join(f"{row % 2},{row},{row * 7 % 5}\n" for row in range(20)))
        self.write("tiny.yaml", "algorithm: xgboost\nhyperparameters: {num_round: 2, objective: 'binary:logistic'}\n"
                                "data: {train: rows.csv}\ndeploy: tiny\n")
        self.run_ok("train", "tiny.yaml")


class Sent(Models):
    def trained(self):
        """What the script found, and what was said of it."""
        done = self.run_ok("train", "walk.yaml")
        job = json.loads(self.run_ok("jobs", "--json").stdout)["jobs"][0]["name"]
        return self.run_ok("jobs", job, "--logs").stdout, done.stderr

    def test_a_script_gets_its_own_code_and_nothing_of_the_hub(self):
        self.start()
        self.write("walk.py", WALKS)
        self.write("helper.py", "WORD = 'done'\n")
        self.write("lib/own.py", "")
        for name in (".env", "__pycache__/a.pyc", "env/pyvenv.cfg", "env/lib/inside.py", "lib/old/weft.db", "lib/old/log", "weft.yaml"):
            self.write(name, "x")
        self.write("walk.yaml", "script: walk.py\ndata: {everything: .}\n")
        self.assertTrue((self.at / "data/weft.db").exists(), "a hub's data lies beside the script")
        found, said = self.trained()
        for name in ("walk.py", "helper.py", "own.py"):
            self.assertIn(name, found)
        for name in ("weft.db", "weft.sock", "objects", "inside.py", ".env", "weft.yaml", "a.pyc"):
            self.assertNotIn(name, found)
        self.assertRegex(said, r"code: 4 files, \d+ bytes")  # walk.yaml too

    def test_too_much_is_refused_with_the_largest(self):
        self.start()
        self.write("walk.py", WALKS)
        with open(self.at / "large.bin", "wb") as large:
            large.truncate(100_000_001)
        self.write("rows.csv", "1,2\n")
        self.write("walk.yaml", "script: walk.py\ndata: {train: rows.csv}\n")
        said = self.refused("train", "walk.yaml")
        self.assertIn("the largest large.bin of 100000001", said)
        self.assertIn("folder of their own", said)


class Asked(Models):
    def test_the_input_is_a_file_or_the_data(self):
        self.start()
        self.train_tiny()
        self.write("two.csv", "1,2\n8,4\n")
        two = self.asked("tiny", "two.csv")
        self.assertEqual(len(re.split(r"[,\n]", two)), 2, two)
        self.assertEqual(two, self.asked("tiny", "@two.csv"))
        self.assertEqual(two, self.run_ok("predict", "tiny", "--input", "-", stdin="1,2\n8,4\n").stdout.strip())
        self.assertEqual(re.split(r"[,\n]", two)[0], self.asked("tiny", "1,2"))
        said = self.refused("predict", "tiny", "--input", "three.csv", exit=2)
        self.assertIn("there is no file `three.csv`", said)
        self.assertIn("three.csv cannot be read", self.refused("predict", "tiny", "--input", "@three.csv", exit=2))

    def test_a_model_is_shown_and_deleted(self):
        self.start()
        self.train_tiny()
        name = json.loads(self.run_ok("models", "--json").stdout)["models"][0]["ModelName"]
        shown = self.run_ok("models", name).stdout
        self.assertIn("xgboost", shown)
        self.assertIn("model.tar.gz", shown)
        self.assertIn("deleted", self.run_ok("models", name, "--delete").stdout)
        self.assertIn(name, self.refused("models", name))
        self.assertIn("InService", self.run_ok("endpoints", "tiny").stdout)
        self.assertEqual(len(self.asked("tiny", "1,2").split()), 1)
        self.run_ok("endpoints", "tiny", "--delete")
        eventually("the endpoint is gone", lambda: self.hub.run("endpoints", "tiny").returncode == 1)


class Added(Models):
    def boosters(self):
        """A model as XGBoost's own library saves it, in both ways."""
        import numpy
        import xgboost
        rows = numpy.arange(40, dtype=numpy.float32).reshape(20, 2)
        made = xgboost.train({"objective": "reg:squarederror"}, xgboost.DMatrix(rows, rows[:, 0]), 2)
        for name in ("trees.ubj", "trees.json"):
            made.save_model(self.at / name)
        return self.at / "trees.ubj", self.at / "trees.json"

    def test_files_that_hold_a_model(self):
        self.start()
        ubj, text = self.boosters()
        for file, name in ((ubj, "first"), (text, "second")):
            self.run_ok("add", file, "--as", name)
        self.assertEqual(self.asked("first", "3,4"), self.asked("second", "3,4"))
        self.write("mlp.onnx", ONNX.read_bytes())
        self.assertIn("mlp answers with", self.run_ok("add", "mlp.onnx").stdout)
        self.assertIn("0.", self.asked("mlp", ROW))
        self.write("plain.bin", FASTTEXT.read_bytes())
        self.run_ok("add", "plain.bin")
        answer = self.asked("plain", '{"instances": ["some words"]}')
        self.assertIn("label", answer)

    def test_archives(self):
        self.start()
        ubj, _ = self.boosters()
        pack(self.at / "packed.tar.gz", {"./xgboost-model": ubj})
        self.assertIn("packed answers with", self.run_ok("add", "packed.tar.gz").stdout)
        self.run_ok("add", ubj, "--as", "plain")
        self.assertEqual(self.asked("packed", "3,4"), self.asked("plain", "3,4"))
        pack(self.at / "net.tgz", {"mlp.onnx": ONNX})
        self.run_ok("add", "net.tgz")
        self.assertIn("0.", self.asked("net", ROW))
        pack(self.at / "text.tar.gz", {"plain.bin": FASTTEXT})
        self.run_ok("add", "text.tar.gz")
        for name in ("code/inference.py", "inference.py"):
            pack(self.at / "own.tar.gz", {name: SAYS.encode(), "model.pkl": pickle.dumps([1])})
            self.run_ok("add", "own.tar.gz", "--as", "own")
            self.assertEqual(self.asked("own", "1,2"), "nothing")

    def test_what_cannot_be_deployed_says_so(self):
        self.start()
        self.write("model.pkl", pickle.dumps({"a": 1}))
        self.assertIn("is a Python pickle", self.refused("add", "model.pkl"))
        pack(self.at / "pickled.tar.gz", {"model.joblib": pickle.dumps([1])})
        self.assertIn("model.joblib is a Python pickle", self.refused("add", "pickled.tar.gz"))
        pack(self.at / "notes.tar.gz", {"notes.txt": b"hello"})
        self.assertIn("holds no model that is known (notes.txt)", self.refused("add", "notes.tar.gz"))
        self.write("cut.tar.gz", (self.at / "notes.tar.gz").read_bytes()[:20] + b"x" * 600)
        self.assertIn("an archive that cannot be used", self.refused("add", "cut.tar.gz"))
        self.write("none.onnx", b"\x00\x01\x02")
        self.assertIn("is named as ONNX models are", self.refused("add", "none.onnx"))

    def test_one_that_failed_is_replaced(self):
        self.start()
        self.write("net.onnx", BROKEN_ONNX)
        self.refused("add", "net.onnx")
        self.assertEqual(self.hub.run("endpoints", "net").returncode, 1)
        self.write("net.onnx", ONNX.read_bytes())
        self.run_ok("add", "net.onnx")
        self.assertIn("0.", self.asked("net", ROW))


class Configured(Models):
    def configure(self, file, more=""):
        return f"log: info\nmodels:\n  - name: net\n    file: {file}\n{more}"

    def status(self):
        done = self.hub.run("endpoints", "net", "--json")
        return json.loads(done.stdout).get("EndpointStatus")

    def reload(self):
        self.hub.said.lines.clear()
        self.hub.process.send_signal(signal.SIGHUP)
        self.hub.said.wait("configuration read again")

    def test_one_that_failed_is_tried_again(self):
        file = self.write("net.onnx", BROKEN_ONNX)
        hub = self.start("--log", "info", config=self.configure(file))
        eventually("it failed", lambda: self.status() == "Failed", 60)
        since = json.loads(hub.run("endpoints", "net", "--json").stdout)["CreationTime"]
        self.reload()
        eventually("the same file is tried again", lambda: self.status() == "Failed" and json.loads(
            hub.run("endpoints", "net", "--json").stdout)["CreationTime"] > since, 60)
        file.write_bytes(ONNX.read_bytes())
        self.reload()
        eventually("it answers", lambda: self.status() == "InService", 60)
        self.assertIn("0.", self.asked("net", ROW))
        hub.has_joined("net")

    def test_another_environment_is_another_worker(self):
        file = pack(self.at / "own.tar.gz", {"code/inference.py": SAYS.encode()})
        self.start("--log", "info", config=self.configure(file, "    environment: {WORD: first}\n"))
        eventually("it answers", lambda: self.status() == "InService", 60)
        self.assertEqual(self.asked("net", "1,2"), "first")
        (self.hub.folder / "weft.yaml").write_text(self.configure(file, "    environment: {WORD: second}\n"))
        self.reload()
        eventually("the other word", lambda: self.asked("net", "1,2") == "second", 60)
        (self.hub.folder / "weft.yaml").write_text("log: info\n")
        self.reload()
        eventually("it is gone", lambda: self.hub.run("endpoints", "net").returncode == 1, 60)


class Scripts(Models):
    def example(self):
        """The script and the job of docs/script-mode.md, and rows to train it on."""
        text = (ROOT / "docs/script-mode.md").read_text()
        self.write("src/train.py", re.search(r"```python\n(import argparse.*?)```", text, re.DOTALL)[1])
        self.write("train.csv", "".join(f"{row % 2},{row % 2 * 10 + row * 0.01},{row * 0.01}\n" for row in range(40)))
        self.write("digits.yaml", re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])

    def test_the_example_of_the_documents(self):
        self.start()
        self.example()
        self.assertIn("digits answers with", self.run_ok("train", "digits.yaml").stdout)
        rows = self.write("rows.csv", "0.1,0.1\n10.1,0.1\n")
        self.assertEqual([float(each) for each in re.findall(r"[\d.]+", self.asked("digits", rows))], [0, 1])
        job = json.loads(self.run_ok("jobs", "--json").stdout)["jobs"][0]["name"]
        self.run_ok("deploy", job, "--as", "again")
        self.assertEqual(self.asked("again", rows), self.asked("digits", rows))

    def test_a_model_with_a_program_of_its_own_keeps_it(self):
        self.start()
        self.write("train.py", "import os, pathlib\ncode = pathlib.Path(os.environ['SM_MODEL_DIR']) / 'code'\ncode.mkdir()\n"
                               f"(code / 'inference.py').write_text({SAYS!r})\n")
        self.write("rows.csv", "1,2\n")
        self.write("own.yaml", "script: train.py\ndata: {train: rows.csv}\nenvironment: {WORD: hello}\ndeploy: own\n")
        self.run_ok("train", "own.yaml")
        self.assertEqual(self.asked("own", "1,2"), "hello")


if __name__ == "__main__":
    unittest.main()
