"""--json: every command prints one document that parses, errors too; what a call takes and how it prints."""
import json
import re
import socket
import subprocess
import unittest
from pathlib import Path

from harness import WEFT, Case, Model, Server, free_port, walk_help

NO_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


class Documents(Case):
    def commands(self, asking=NO_ID, open=(NO_ID, NO_ID)):
        """Every command that goes well, in an order in which it can; what it ends with; what it answers."""
        return [
            (["add", self.url, "--as", "clock"], 0, "id"),
            (["ls"], 0, "solutions"),
            (["show", "clock"], 0, "skills"),
            (["call", "clock/add", "a=1", "b=2"], 0, "type"),
            (["call", "clock/add", "a=1", "b=2", "--stream"], 0, "type"),
            (["ask", "cancel", "--context", "c1"], 0, "answer"),
            (["teach", "clock/add", "what is one and two"], 0, "examples"),
            (["router", "test", "sentences.jsonl"], 0, "accuracy"),
            (["context", "ls"], 0, "contexts"),
            (["context", "show", "c1"], 0, "state"),
            (["context", "rm", "c1"], 0, "erased"),
            (["approvals"], 0, "approvals"),
            (["approve", open[0]], 0, "allowed"),
            (["deny", open[1]], 0, "allowed"),
            (["audit"], 0, "entries"),
            (["task", "ls"], 0, "tasks"),
            (["task", "show", asking], 0, "ask"),
            (["task", "answer", asking, "yes"], 0, "end"),
            (["key", "new", "ada", "--for", "clock"], 0, "secret"),
            (["key", "ls"], 0, "keys"),
            (["check"], 0, "ok"),
            (["doctor"], 0, "findings"),
            (["rm", "clock"], 0, "removed"),
            (["train", "tiny.yaml"], 0, "EndpointName"),
            (["jobs"], 0, "jobs"),
            (["models"], 0, "models"),
            (["endpoints"], 0, "endpoints"),
            (["endpoints", "tiny"], 0, "EndpointName"),
            (["predict", "tiny", "--input", "1,2"], 0, "body"),
        ]

    def failures(self):
        """Every command that talks to a hub, going wrong there."""
        return [
            (["add", f"http://127.0.0.1:{free_port()}"], 1),
            (["add", "no/such/file.json"], 1),
            (["add", "--", "no-such-program"], 1),
            (["show", "nobody"], 1),
            (["rm", "nobody"], 1),
            (["call", "nobody/nothing"], 1),
            (["call", "asked/nothing"], 1),
            (["call", "asked/add", "a=x", "b=1"], 1),
            (["call", "asked/add", "a", "b"], 2),
            (["call", "asked/fail"], 5),
            (["call", "asked/fail", "--stream"], 5),
            (["call", "asked/add", "--input", "{bad"], 1),
            (["call", "asked/add", "--input", "@no-such-file"], 1),
            (["task", "show", NO_ID], 1),
            (["task", "cancel", NO_ID], 1),
            (["task", "answer", NO_ID, "yes"], 1),
            (["approve", NO_ID], 1),
            (["deny", NO_ID], 1),
            (["call", "asked/add", "a=1", "c=1"], 1),
            (["task", "answer", NO_ID], 1),
            (["key", "new", ""], 2),
            (["key", "revoke", NO_ID], 1),
            (["train", "no.yaml"], 2),
            (["jobs", "nobody"], 1),
            (["models", "nobody"], 1),
            (["endpoints", "nobody"], 1),
            (["deploy", "nobody"], 1),
            (["predict", "nobody", "--input", "1,2"], 1),
        ]

    def asking(self):
        hub = self.start(config=f"solutions:\n  - name: asked\n    url: {self.url}\n    approval: {{add: hub}}\n")
        hub.has_joined("asked")
        return hub

    def write_job(self):
        folder = Path(self.folder)
        (folder / "rows.csv").write_text("".join(f"{row % 2},{row},{row * 7 % 5}\n" for row in range(20)))
        (folder / "tiny.yaml").write_text("algorithm: xgboost\nhyperparameters: {num_round: 2, objective: 'binary:logistic'}\n"
                                          "data: {train: rows.csv}\ndeploy: tiny\n")

    def test_every_command(self):
        hub = self.asking()
        waiting = [self.document(hub.run("call", "asked/add", "a=1", "b=2", "--json"))["id"] for _ in range(4)]
        open = {each["task"]: each["id"] for each in self.document(hub.run("approvals", "--json"))["approvals"]}
        self.write_job()
        (Path(self.folder) / "sentences.jsonl").write_text('{"text": "what is one and two", "gold": "clock/add"}\n')
        done = self.commands(waiting[0], [open[task] for task in waiting[2:]]) + [(["task", "cancel", waiting[1]], 0, "end")]
        for words, exit, key in done:
            run = hub.run(*words, "--json")
            self.assertEqual(run.returncode, exit, f"{words}: {run.stdout}{run.stderr}")
            self.assertIn(key, self.document(run), words)
        made = self.document(hub.run("key", "new", "bob", "--json"))
        self.assertEqual(self.document(hub.run("key", "revoke", made["id"], "--json"))["revoked"], made["id"])
        job = self.document(hub.run("jobs", "--json"))["jobs"][0]["name"]
        self.assertEqual(self.document(hub.run("jobs", job, "--json"))["name"], job)
        self.assertEqual(self.document(hub.run("deploy", job, "--as", "again", "--json"))["EndpointStatus"], "InService")
        (Path(self.folder) / "skills.jsonl").write_text('{"id": "x", "name": "pay"}\n')
        (Path(self.folder) / "queries.jsonl").write_text('{"text": "pay", "gold": "x"}\n')
        run = hub.run("router", "eval", "--skills", "skills.jsonl", "--queries", "queries.jsonl", "--json")
        self.assertEqual(self.document(run)["in_scope"], 1)
        # Nothing that knows --json is missing above.
        tried = {word for words, _, _ in done for word in (words[0], " ".join(words[:2]))} | {"key revoke", "deploy", "up", "router eval", "dialogue replay"}
        for path, options, below in walk_help():
            if "--json" in options and not below:
                self.assertIn(" ".join(path), tried)

    def test_every_failure(self):
        hub = self.asking()
        for words, exit in self.failures():
            run = hub.run(*words, "--json") if "--" not in words else hub.run("add", "--json", *words[1:])
            self.assertEqual(run.returncode, exit, f"{words}: {run.stdout}{run.stderr}")
            error = self.document(run)["error"]
            self.assertTrue(error["message"], words)
            self.assertTrue(error["reason"], words)

    def test_without_a_hub(self):
        self.write_job()
        (Path(self.folder) / "sentences.jsonl").write_text('{"text": "x", "gold": null}\n')
        nowhere = f"unix:{self.folder}/none.sock"
        for address in (nowhere, "unix:", f"http://127.0.0.1:{free_port()}"):
            run = subprocess.run([WEFT, "ls", "--json", "--hub", address], capture_output=True, text=True, timeout=20)
            self.assertEqual(run.returncode, 3, f"{address}: {run.stdout}{run.stderr}")
            self.assertIn("weft up", self.document(run)["hint"])
        for words, _, key in [*self.commands(NO_ID), (["task", "cancel", NO_ID], 0, ""), (["key", "revoke", NO_ID], 0, "")]:
            if words[0] in ("check", "doctor"):
                continue
            run = subprocess.run([WEFT, *words, "--json", "--hub", nowhere], capture_output=True, text=True, timeout=20, cwd=self.folder)
            self.assertEqual(run.returncode, 3, words)
            self.assertEqual(self.document(run)["error"]["reason"], "unavailable", words)
        doctor = subprocess.run([WEFT, "doctor", "--json", "--hub", nowhere], capture_output=True, text=True, timeout=20, cwd=self.folder)
        told = self.document(doctor)
        self.assertEqual((doctor.returncode, told["ok"]), (1, False))
        self.assertIn("hub", [finding["what"] for finding in told["findings"] if not finding["ok"]])

    def test_usage(self):
        for words in (["frob"], [], ["task"], ["task", "frob"], ["key"], ["call"], ["show"], ["up", "--threads", "0"],
                      ["up", "--log", "loud"], ["up", "--listen", "a:b"], ["ls", "--hub", "here"], ["call", "a/b", "--sream"],
                      ["call", "a/b", "x=1", "--input", "{}"], ["completion", "bash"], ["mcp"], ["help", "frob"]):
            run = subprocess.run([WEFT, *words, "--json"], capture_output=True, text=True, timeout=20, cwd=self.folder)
            self.assertEqual(run.returncode, 2, f"{words}: {run.stdout}{run.stderr}")
            self.assertEqual(self.document(run)["error"]["reason"], "invalid_argument", words)

    def test_in_a_folder_that_is_gone(self):
        for words in ("doctor", "check", "ls", "up"):
            gone = Path(self.folder, words)
            gone.mkdir()
            run = subprocess.run(["sh", "-c", 'cd "$1" && rmdir "$1" && exec "$2" "$3" --json', "sh", gone, WEFT, words],
                                 capture_output=True, text=True, timeout=20)
            self.assertIn(run.returncode, (1, 3), f"{words}: {run.stdout}{run.stderr}")
            self.document(run)

    def test_a_folder_is_no_configuration(self):
        run = subprocess.run([WEFT, "check", "-c", self.folder, "--json"], capture_output=True, text=True, timeout=20)
        self.assertEqual((run.returncode, [fault["code"] for fault in self.document(run)["faults"]]), (1, ["W1200"]))

    def test_up(self):
        hub = self.start("--json")
        hub.printed.wait("}")
        told = json.loads(hub.printed.text())
        self.assertEqual(told["url"], f"http://127.0.0.1:{hub.port}")
        self.assertEqual(told["admin"], f"unix:{hub.data}/weft.sock")
        self.assertEqual(hub.stop(), 0)
        self.assertEqual(json.loads(hub.printed.text()), told)
        self.hub = None
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            for words, said in ((["--listen", taken.getsockname()[1]], "another program"), (["--listen", "0.0.0.0:0"], "keys")):
                run = subprocess.run([WEFT, "up", "--json", "--data", f"{self.folder}/d", *map(str, words)], capture_output=True,
                                     text=True, timeout=20, cwd=self.folder)
                self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
                self.assertIn(said, self.document(run)["error"]["message"])
        Path(self.folder, "weft.yaml").write_text("lisen: {}\n")
        for words in (["up"], ["check"], ["up", "-c", "none.yaml"], ["check", "-c", "none.yaml"]):
            run = subprocess.run([WEFT, *words, "--json"], capture_output=True, text=True, timeout=20, cwd=self.folder)
            told = self.document(run)
            self.assertEqual((run.returncode, told["ok"]), (1, False), words)
            self.assertEqual(told["faults"][0]["code"], "W1200" if "-c" in words else "W1203", words)


class Calls(Case):
    """A REST service and a model that answers in pieces."""

    def setUp(self):
        super().setUp()
        self.parrot = Server(Model)
        self.addCleanup(self.parrot.end)
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        added = hub.run("add", self.parrot.url, "--as", "parrot")
        self.assertEqual(added.returncode, 0, added.stderr)

    def text_of(self, done):
        return json.dumps(self.document(done))

    def test_a_stream_is_printed_as_it_grows(self):
        call = self.begin("call", "parrot/chat", "one two three", "--stream")
        first = eventually_read(call, "one ")
        self.assertEqual(first, "one ")
        self.assertIsNone(call.poll())
        self.parrot.go.set()
        rest, said = call.communicate(timeout=20)
        self.assertEqual((call.returncode, first + rest, said), (0, "one two three\n", ""))

    def test_a_stream_with_json_is_one_document(self):
        self.parrot.go.set()
        whole = self.hub.run("call", "parrot/chat", "one two three", "--json")
        stream = self.hub.run("call", "parrot/chat", "one two three", "--json", "--stream")
        self.assertEqual((whole.returncode, stream.returncode), (0, 0), whole.stdout + stream.stdout)
        self.assertIn("one two three", self.text_of(whole))
        self.assertEqual(self.document(whole)["type"], "end")
        self.assertEqual(self.document(whole), self.document(stream))

    def test_a_text(self):
        self.parrot.go.set()
        for words in (["good morning"], ["早上好 世界"], ["--input", "a=b c=d"], ["--input", "- not standard input"]):
            called = self.hub.run("call", "parrot", *words)
            self.assertEqual((called.returncode, called.stdout), (0, words[-1] + "\n"), called.stderr)
    def test_a_text_where_fields_are_wanted_is_asked_for_them(self):
        asked = self.hub.run("call", "clock/add", "two and forty")
        self.assertEqual(asked.returncode, 4, asked.stdout + asked.stderr)
        self.assertIn("needs these fields", asked.stdout)
        task = re.search(r"weft task answer (\w+)", asked.stderr)[1]
        answered = self.hub.run("task", "answer", task, "a=2", "b=40")
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertIn('{"sum":42}\n', answered.stdout)

    def test_input_from_a_file_and_from_standard_input(self):
        self.parrot.go.set()
        file = Path(self.folder, "input.json")
        file.write_text('{"a": 2, "b": 40}\n')
        for input, stdin in ((f"@{file}", None), ("@input.json", None), ("-", file.read_text()), (file.read_text(), None)):
            called = self.hub.run("call", "clock/add", "--input", input, stdin=stdin)
            self.assertEqual((called.returncode, json.loads(called.stdout)), (0, {"sum": 42}), called.stderr)
        file.write_text("good morning")
        for input, stdin in ((f"@{file}", None), ("-", "good morning")):
            called = self.hub.run("call", "parrot/chat", "--input", input, stdin=stdin)
            self.assertEqual((called.returncode, called.stdout), (0, "good morning\n"), called.stderr)

    def refuse(self, input, said, stdin=None):
        called = self.hub.run("call", "clock/add", "--input", input, stdin=stdin)
        self.assertEqual((called.returncode, called.stdout), (1, ""), f"{input}: {called.stderr}")
        self.assertTrue(called.stderr.startswith("error: "), called.stderr)
        self.assertIn(said, called.stderr)

    def test_input_that_cannot_be_read(self):
        self.refuse("@none.json", "none.json cannot be read")
        self.refuse('{"a": 2,', "JSON")
        self.refuse("[1", "JSON")

    def test_a_file_or_standard_input_with_broken_json_is_refused_too(self):
        Path(self.folder, "broken.json").write_text('{"a": 2,')
        self.refuse("@broken.json", "JSON")
        self.refuse("-", "JSON", stdin='{"a": 2,')

    def test_a_folder_is_no_input(self):
        refused = self.hub.run("call", "clock/add", "--input", "@.", "--json")
        self.assertEqual(refused.returncode, 1)
        self.assertIn(". cannot be read", self.document(refused)["error"]["message"])


def eventually_read(process, text):
    """What the process printed once it is as long as the text; the pipe is left open."""
    out = ""
    while len(out) < len(text):
        piece = process.stdout.read(1)
        if not piece:
            break
        out += piece
    return out


if __name__ == "__main__":
    unittest.main()
