"""ROUTE, FILL and FINISH on public data: what weft reaches on the parts it may be tuned on (dev, or a test part that nothing is tuned
on), beside the floor that a prototype reached on the test part, and the aim. Extraction is tests/…/recognizers_shared_test.cc's."""
import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
DATA = TOP.parent / "shared/data"
WEFT = TOP / "build/release/bin/weft"


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(*words):
    done = subprocess.run([WEFT, *map(str, words), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"weft {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def skills_of(examples):
    by_label = {}
    for text, label in examples:
        by_label.setdefault(label, []).append(text)
    return [{"id": label, "name": label.replace("_", " "), "examples": texts} for label, texts in by_label.items()]


def queries_of(examples):
    return [{"text": text, "gold": label} for text, label in examples]


def split(name, part):
    folder = DATA / "fewshot" / name / part
    return list(zip((folder / "seq.in").read_text().splitlines(), (folder / "label").read_text().splitlines()))


class Bench:
    def __init__(self, folder, quick):
        self.folder = folder
        self.quick = quick
        self.rows = []

    def add(self, measure, of, floor, aim, value, unit="%"):
        self.rows.append({"bench": "understanding", "name": measure, "of": of, "floor": floor, "aim": aim, "value": value, "unit": unit})
        shown = "" if value is None else f"{value:.1f}" if unit == "%" else f"{value:.2f}"
        text = lambda x: "" if x is None else f"{x:g}"
        print(f"{measure:<44} {of:<28} {text(floor):>8} {text(aim):>8} {shown:>8} {unit}", flush=True)

    def eval(self, skills, queries, calibrate=None, more=()):
        words = ["router", "eval", "--skills", write_lines(self.folder / "skills.jsonl", skills),
                 "--queries", write_lines(self.folder / "queries.jsonl", queries)]
        if calibrate:
            words += ["--calibrate", write_lines(self.folder / "calibrate.jsonl", calibrate)]
        return run(*words, *more)

    def clinc(self):
        data = json.loads((DATA / "clinc150/data_full.json").read_text())
        queries = queries_of(data["test"]) + [{"text": text, "gold": None} for text, _ in data["oos_test"]]
        full = self.eval(skills_of(data["train"]), queries, queries_of(data["val"]))
        of = "CLINC150 test"
        self.add("ROUTE joint", of, 88.9, 90, full["joint"] * 100)
        self.add("ROUTE oosR", of, 85, None, full["oosR"] * 100)
        self.add("ROUTE AUROC", of, 96.7, None, full["auroc"] * 100)
        self.add("ROUTE acc@full", of, 93.0, None, full["top1"] * 100)
        self.add("ROUTE query p50", of, 20, None, full["p50_us"], "us")
        self.add("ROUTE query p99", of, 90, 1000, full["p99_us"], "us")
        self.add("ROUTE model", of, None, 50, full["model_mb"], "MB")

    def few(self):
        for name, floors, aims in (("CLINC150", (75.8, 82.8), (77, 84)), ("BANKING77", (68.4, 76.7), (None, None))):
            test = queries_of(split(name, "test"))
            for shots, floor, aim in zip((5, 10), floors, aims):
                got = self.eval(skills_of(split(name, f"train_{shots}")), test)
                self.add(f"ROUTE acc@{shots}", f"{name} test", floor, aim, got["top1"] * 100)
                if (name, shots) == ("CLINC150", 10):
                    self.add("ROUTE training, 150 skills x 10", f"{name}", None, 1, got["train_s"], "s")
        if not self.quick:
            got = self.eval(skills_of(split("BANKING77", "train")), queries_of(split("BANKING77", "test")))
            self.add("ROUTE acc@full", "BANKING77 test", 91.5, 92, got["top1"] * 100)

    def two_hundred(self):
        """200 skills with ten examples each; sentences with one wish, and with two."""
        examples = split("CLINC150", "train_10") + [(text, f"bank {label}") for text, label in split("BANKING77", "train_10")]
        skills = skills_of(examples)[:200]
        names = {skill["id"] for skill in skills}
        one = [query for query in queries_of(split("CLINC150", "test")) if query["gold"] in names][:1500]
        two = [{"text": f"{a['text']}, and {b['text']}", "gold": a["gold"]} for a, b in zip(one, one[1:])]
        of = "200 skills x 10, one core"
        for queries, name in ((one, "one wish"), (two, "two wishes")):
            got = self.eval(skills, queries, more=["--turns"])
            if queries is one:
                self.add("training", of, None, 1000, got["train_s"] * 1000, "ms")
                self.add("model", of, None, 50, got["model_mb"], "MB")
            self.add(f"a turn, {name}: p50", of, None, None, got["turn_p50_us"], "us")
            self.add(f"a turn, {name}: p99", of, None, 1000, got["turn_p99_us"], "us")

    def dialogues(self):
        folder = self.folder / "dev"
        with tarfile.open(DATA / "sgd/dev_dialogues.tar.xz") as packed:
            packed.extractall(folder, filter="data")
        files = sorted(folder.rglob("dialogues_*.json"))
        return files[0].parent

    def zero_shot(self, dialogues):
        """Skills as the schema says; each turn of the user that informs of an intent is a query."""
        schema = json.loads((DATA / "sgd/dev_schema.json").read_text())
        seen = {service["service_name"] for service in json.loads((DATA / "sgd/train_schema.json").read_text())}
        skills = []
        for service in schema:
            slots = {slot["name"]: slot for slot in service["slots"]}
            for intent in service["intents"]:
                properties = {}
                for name in [*intent["required_slots"], *intent["optional_slots"]]:
                    slot = slots[name]
                    properties[name] = {"type": "string", "description": slot["description"]}
                    if slot["is_categorical"]:
                        properties[name]["enum"] = slot["possible_values"]
                skills.append({"id": f"{service['service_name']}/{intent['name']}", "name": intent["name"],
                               "description": f"{intent['description']}. {service['description']}",
                               "schema": {"type": "object", "properties": properties}})
        queries = []
        for file in sorted(dialogues.glob("dialogues_*.json")):
            for dialogue in json.loads(file.read_text()):
                for turn in dialogue["turns"]:
                    for frame in turn["frames"]:
                        if turn["speaker"] == "USER" and any(act["act"] == "INFORM_INTENT" for act in frame["actions"]):
                            queries.append({"text": turn["utterance"], "gold": f"{frame['service']}/{frame['state']['active_intent']}"})
        for part, wanted, floors, aims in (("all services", lambda name: True, (73.6, 89.5), (74, 90)),
                                           ("unseen services", lambda name: name not in seen, (None, None), (None, None))):
            got = self.eval(skills, [query for query in queries if wanted(query["gold"].split("/")[0])])
            for key, measure, floor, aim in (("top1", "ROUTE zs@1", floors[0], aims[0]), ("top3", "ROUTE zs@3", floors[1], aims[1])):
                self.add(measure, f"SGD dev, {part}", floor, aim, got[key] * 100)

    def fill(self, dialogues):
        got = run("dialogue", "replay", "--schema", DATA / "sgd/dev_schema.json", "--dialogues", dialogues, "--seen", DATA / "sgd/train_schema.json")
        everything = got["all"]
        for key, measure, floor, aim in (("intent", "intent", 87.7, None), ("requested_f1", "reqF1", 73.9, None), ("average_goal", "AGA", 82.2, None),
                                         ("joint_goal", "JGA", 50.4, 60), ("decide", "decide", 74.7, 85), ("call_exact", "call-exact", 54.4, 65),
                                         ("false_call_transactional", "false-call, transactional", None, 1), ("re_ask", "re-ask", None, 1)):
            self.add(f"FILL {measure}", "SGD dev", floor, aim, everything[key] * 100)
        for part, floor in (("seen", 56.9), ("unseen", 48.2), ("single", 58.7), ("multi", 46.7)):
            self.add("FILL JGA", f"SGD dev, {part}", floor, None, got[part]["joint_goal"] * 100)

    def finish(self, dialogues):
        got = run("dialogue", "replay", "--schema", DATA / "sgd/dev_schema.json", "--dialogues", dialogues, "--mode", "finish")
        self.add("FINISH success", "SGD dev", 27.6, 45, got["all"]["success"] * 100)
        self.add("FINISH success, one service", "SGD dev", 43.9, 60, got["single"]["success"] * 100)
        self.add("FINISH wrong-do", "SGD dev", None, 1, got["all"]["wrong_do"] * 100)
        self.add("FINISH repeats a dialogue", "SGD dev", None, 0.05, got["all"]["repeats"], "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--quick", action="store_true", help="without what takes minutes")
    words = parser.parse_args()
    if not DATA.is_dir():
        sys.exit("there is no ../shared/data: nothing can be measured")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), words.quick)
        print(f"{'measure':<44} {'of':<28} {'floor':>8} {'aim':>8} {'weft':>8}\n(floor: a prototype's, of the test part; weft: of the part named)")
        bench.few()
        if not words.quick:
            bench.clinc()
        bench.two_hundred()
        dialogues = bench.dialogues()
        bench.zero_shot(dialogues)
        bench.fill(dialogues)
        bench.finish(dialogues)
    if words.json:
        Path(words.json).write_text(json.dumps({"machine": {"cores": os.cpu_count()}, "rows": bench.rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
