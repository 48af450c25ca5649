"""Sentences of daily life, said to the concierge over the city's houses: one file each in sentences/.

Lines of a file: `say`, `answer` (to the next question), `approval` (of bank/pay: solution, hub or both), `down` (a house that does not
run when it is said), `exit`, `skill NAME STATE` (the wishes, in order), `value SLOT VALUE` (of any wish), `declined N`, `hear` and
`hear not` (a text in all that was shown). `#` begins a remark."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
CITY = TOP / "examples/city"
NODE = CITY / "node_modules/node/bin/node"
WEFT = sys.argv[1]
sys.path.insert(0, str(TOP / "tests/cli"))
from harness import Hub  # noqa: E402 (it takes its own argument)

NOW = "2026-11-27T09:00"
HOUSES = ("bank", "clinic", "table", "taxi")
# What the taxis listen to, as it stands in weft.yaml.
DETAILS = {"taxi": "    mqtt:\n" + "".join(f"      {line}" for line in (CITY / "taxi/taxi.yaml").open())}


class House:
    def __init__(self, name):
        env = {**os.environ, "CITY_NOW": f"{NOW}:00+08:00"}
        env.pop("RISK_URL", None)
        self.process = subprocess.Popen([NODE, CITY / name / f"{name}.mjs", "--port", "0", "--seed", "7"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        self.url = re.search(r"listening on (\S+)", self.process.stdout.readline()).group(1)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def read(file):
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    return [tuple(line.partition(" ")[::2]) for line in lines if line]


class Sentences(unittest.TestCase):
    maxDiff = None

    def test_each(self):
        files = sorted((Path(__file__).parent / "sentences").glob("*.txt"))
        self.assertGreaterEqual(len(files), 10)
        for file in files:
            with self.subTest(file.stem), tempfile.TemporaryDirectory(prefix="weft-city-") as folder:
                self.play(read(file), folder)

    def play(self, lines, folder):
        of = {}
        for word, rest in lines:
            of.setdefault(word, []).append(rest.strip())
        houses = {name: House(name) for name in HOUSES}
        try:
            config = "solutions:\n" + "".join(f"  - name: {name}\n    url: {house.url}\n{DETAILS.get(name, '')}" for name, house in houses.items())
            config = config.replace("  - name: bank\n", f"  - name: bank\n    approval: {{pay: {of.get('approval', ['solution'])[0]}}}\n")
            hub = Hub(folder, config=config)
            try:
                hub.has_joined(*HOUSES, "concierge")
                for name in of.get("down", []):
                    houses[name].stop()
                self.ask(hub, of)
            finally:
                hub.stop()
        finally:
            for house in houses.values():
                house.stop()

    def ask(self, hub, of):
        answers = [word for answer in of.get("answer", []) for word in ("--answer", answer)]
        done = hub.run("ask", of["say"][0], *answers, "--now", NOW, "--json")
        shown = f"{of['say'][0]}\n{done.stdout}{done.stderr}"
        self.assertEqual(done.returncode, int(of.get("exit", ["0"])[0]), shown)
        report = json.loads(done.stdout)
        wishes = report.get("wishes", [])
        self.assertEqual([f"{wish['skill']} {wish['state']}" for wish in wishes], of.get("skill", []), shown)
        self.assertEqual(len(report.get("declined", [])), int(of.get("declined", ["0"])[0]), shown)
        values = {slot: json.dumps(value["value"]) for wish in wishes for slot, value in wish["values"].items()}
        for rest in of.get("value", []):
            slot, _, wanted = rest.partition(" ")
            self.assertEqual(values.get(slot), wanted, shown)
        heard = "\n".join([*(turn["question"] for turn in report.get("questions", [])), report.get("answer", "")])
        for text in of.get("hear", []):
            if text.startswith("not "):
                self.assertNotIn(text[4:], heard, shown)
            else:
                self.assertIn(text, heard, shown)


if __name__ == "__main__":
    unittest.main()
