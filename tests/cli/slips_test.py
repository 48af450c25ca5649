"""What a person gets wrong is refused, with the way out, before anything happens; and what a solution may not do to a terminal."""
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

from harness import DOCUMENT, WEFT, Case, Model, Server, free_port, help_of, walk_help


def weft(*words, env=None, cwd=None):
    return subprocess.run([WEFT, *map(str, words)], capture_output=True, text=True, timeout=20, cwd=cwd, env={**os.environ, **(env or {})})


class Approvals(Case):
    def approving(self, approval, *options):
        hub = self.start(*options, config=f"solutions:\n  - name: clock\n    url: {self.url}\n    approval: {approval}\n")
        hub.has_joined("clock")
        self.server.asked.clear()
        return hub

    def parked(self):
        return self.document(self.hub.run("call", "clock/add", "a=2", "b=40", "--json"))["id"]

    def test_saying_nothing_approves_nothing(self):
        hub = self.approving("{add: hub}")
        task = self.parked()
        nothing = hub.run("task", "answer", task)
        self.assertEqual((nothing.returncode, nothing.stdout), (2, ""), nothing.stderr)
        self.assertIn("Allow `clock/add`", nothing.stderr)
        self.assertIn("the question takes yes or no", nothing.stderr)
        self.assertIn(f"weft task answer {task} yes, or --decline", nothing.stderr)
        self.assertEqual(hub.run("task", "answer", task, "--json").returncode, 2)
        for words in (["yes", "--decline"], ["--input", "yes", "--decline"], ["yes", "--input", "yes"], ["a=1", "a=2"], ["--input", ""]):
            refused = hub.run("task", "answer", task, *words)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""), words)
        for words in (["confirm=true"], ["approve=no"], ["approve=yes"], ["--input", "{}"]):
            refused = hub.run("task", "answer", task, *words)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""), words)
            self.assertIn(f"weft task answer {task} yes", refused.stderr)
        path = f"/admin/v1/tasks/{task}/answer"
        for body in ({}, {"action": "accept"}, {"data": {}}, {"answers": {"approve": {}}}):
            status, _, text = hub.ask("POST", path, body, {"Content-Type": "application/json"})
            self.assertEqual(status, 400, text)
        self.assertEqual(self.document(hub.run("task", "show", task, "--json"))["state"], "ask")
        self.assertEqual(self.server.asked, [])
        self.assertEqual(hub.run("task", "answer", task, "--input", "yes").returncode, 0)

    def test_a_misspelt_guard_is_told_everywhere(self):
        hub = self.approving("{ad: hub, fail: hub}", "--log", "warn")
        hub.said.wait("`approval` names `ad`, which is no skill of clock")
        shown = hub.run("show", "clock")
        self.assertIn("approval   ad: hub, fail: hub\n", shown.stdout)
        self.assertIn("`ad` is no skill of clock", shown.stdout)
        self.assertIn("did you mean `add`?", shown.stdout)
        told = self.document(hub.run("show", "clock", "--json"))
        self.assertEqual((told["approvals"], told["unknown_approvals"]),
                         ({"ad": "hub", "fail": "hub"}, [{"name": "ad", "nearest": "add"}]))
        doctor = hub.run("doctor")
        self.assertEqual(doctor.returncode, 1)
        self.assertRegex(doctor.stdout, r"BAD  approval clock +`ad` is no skill of clock")
        self.assertIn("weft.yaml:2", doctor.stdout)

    def test_a_guard_of_all_is_no_fault(self):
        hub = self.approving('{"*": hub, fail: solution}', "--log", "warn")
        self.assertEqual(self.document(hub.run("show", "clock", "--json"))["unknown_approvals"], [])
        self.assertNotIn("approval", hub.said.text())


class Steering(Case):
    def test_no_title_steers_the_terminal(self):
        hub = self.start()
        title = "Clock\u009b2J\u202etower\u001b[31m"
        document = {**DOCUMENT, "info": {"title": title, "version": "1", "description": f"line\n\t{title}"}, "servers": [{"url": self.url}]}
        Path(self.folder, "clock.json").write_text(json.dumps(document))
        for words in (["add", "clock.json", "--as", "clock"], ["show", "clock"], ["ls"]):
            done = hub.run(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
            for mark in "\u009b\u202e\u001b":
                self.assertNotIn(mark, done.stdout + done.stderr, words)
        self.assertIn("Clock\\u009b2J\\u202etower", hub.run("show", "clock").stdout)


class Words(Case):
    def joined(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        return hub

    def refuse(self, done, said, exit=2):
        self.assertEqual((done.returncode, done.stdout), (exit, ""), done.stderr)
        self.assertIn(said, done.stderr)

    def test_what_would_be_left_out_is_refused(self):
        url = "http://127.0.0.1:1"
        for words, said in ((["add", url, "--env", "A=1"], "--env is for a command"),
                            (["add", "--bearer", "x", "--", "cat"], "--bearer is for a URL"),
                            (["add", "--header", "A=1", "--", "cat"], "--header is for a URL"),
                            (["add", url, "--header", "A=1", "--header", "A=2"], "--header A=… is given twice"),
                            (["up", "--listen", ""], "--listen"), (["up", "-c", ""], "--config"), (["up", "--data", ""], "--data"),
                            (["call", "a/b", "--input", ""], "--input"),
                            (["call", "bank/balance", "account=a", "account=b"], "`account` is given twice"),
                            (["call", "bank/balance", "two", "words"], "`two` is not KEY=VALUE")):
            self.refuse(weft(*words, cwd=self.folder), said)

    def test_an_empty_name_is_no_name(self):
        for words in (["show"], ["rm"], ["call"], ["task", "show"], ["task", "cancel"], ["task", "answer"], ["key", "new"], ["key", "revoke"],
                      ["add"], ["add", "http://127.0.0.1:1", "--as"]):
            self.refuse(weft(*words, "", cwd=self.folder), "")
        self.refuse(weft("call", "/add", cwd=self.folder), "SOLUTION/SKILL")

    def test_a_hub_that_the_environment_names_is_checked(self):
        for words in (["ls"], ["mcp"], ["call", "a/b"]):
            self.refuse(weft(*words, env={"WEFT_HUB": "127.0.0.1:8420"}), "WEFT_HUB wants unix:PATH or http")
        self.assertEqual(weft("ls", "--hub", f"unix:{self.folder}/none", env={"WEFT_HUB": "127.0.0.1:8420"}).returncode, 3)
        self.assertEqual(weft("check", cwd=self.folder, env={"WEFT_HUB": "127.0.0.1:8420"}).returncode, 1)

    def test_where_no_hub_answers_is_said_once(self):
        for address in (f"unix:{self.folder}/none", f"http://127.0.0.1:{free_port()}"):
            done = weft("ls", "--hub", address)
            self.assertEqual((done.returncode, done.stderr.count(address)), (3, 1), done.stderr)

    def test_what_cannot_be_joined_is_said_in_one_line(self):
        hub = self.start()
        for words, said in ((["foo"], "`foo` is no file here, and not a URL"), (["127.0.0.1:3000"], "begins with http://"),
                            ([self.url, "--bearer", "${WEFT_NOPE}"], "the environment variable WEFT_NOPE is not set"),
                            ([self.url, "--header", "A=${WEFT_NOPE}"], "the environment variable WEFT_NOPE is not set"),
                            ([self.url, "--header", "A B=c"], "the header `A B`"),
                            (["--env", "A=${WEFT_NOPE}", "--", "cat"], "the environment variable WEFT_NOPE is not set")):
            done = hub.run("add", *words)
            self.refuse(done, said, 1)
            self.assertNotIn("tried", done.stderr)
            self.assertEqual(len(done.stderr.split("\n\nhint")[0].splitlines()), 1, done.stderr)

    def test_check_without_a_file_says_how_to_name_one(self):
        done = weft("check", cwd=self.folder)
        self.refuse(done, "-c FILE", 1)
        self.assertIn("example of every key", done.stderr)

    def test_an_argument_that_the_skill_does_not_have(self):
        hub = self.joined()
        self.server.asked.clear()
        self.refuse(hub.run("call", "clock/add", "a=1", "bb=2"), "there is no argument `bb`: did you mean `b`?", 1)
        self.assertEqual(self.server.asked, [])

    def test_a_sentence_with_an_equals_sign_is_a_text(self):
        parrot = Server(Model)
        self.addCleanup(parrot.end)
        parrot.go.set()
        hub = self.start()
        hub.run("add", parrot.url, "--as", "parrot")
        called = hub.run("call", "parrot/chat", "my temperature is 39=high")
        self.assertEqual((called.returncode, called.stdout), (0, "my temperature is 39=high\n"), called.stderr)
        self.assertIn("weft call parrot/chat 'TEXT'\n", hub.run("show", "parrot").stdout)

    def test_the_next_step_works_as_it_is_shown(self):
        hub = self.joined()
        asked = hub.run("call", "clock/add", "two and forty")
        self.assertEqual(asked.returncode, 4, asked.stdout + asked.stderr)
        task = re.search(r"next: weft task answer (\w+) a=… b=…  \(or --decline\)", asked.stderr)[1]
        self.assertEqual(len(re.findall(r"(?m)^\W+a\b.*integer", asked.stdout)), 1, asked.stdout)
        wrong = hub.run("task", "answer", task, "forty")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn(f"weft task answer {task} a=… b=…", wrong.stderr)
        nothing = hub.run("task", "answer", task)
        self.refuse(nothing, "the question takes the fields `a`, `b`")
        answered = hub.run("task", "answer", task, "--input", '{"a": 2, "b": 40}')
        self.assertEqual(answered.returncode, 0, answered.stdout + answered.stderr)
        self.assertIn('{"sum":42}\n', answered.stdout)


class Usage(unittest.TestCase):
    def test_it_is_said_in_our_words(self):
        for words, said in ((("task",), "error: `weft task` needs one of its commands: `ls`, `show`, `cancel`, `answer`"),
                            (("key",), "error: `weft key` needs one of its commands: `new`, `ls`, `revoke`"),
                            (("ls", "--json=?"), "error: --json cannot be `?`"),
                            (("task", "ls", "--limit", "many"), "error: --limit: wants a number from 1 to 1000000, not `many`"),
                            (("completion", "zsh"), "error: shell: can be `bash` so far, not `zsh`")):
            failed = subprocess.run([WEFT, *words], capture_output=True, text=True, timeout=20)
            self.assertEqual((failed.returncode, failed.stderr.splitlines()[0]), (2, said))


class Help(unittest.TestCase):
    def test_help_fits_and_speaks_our_words(self):
        for path, _, _ in walk_help():
            shown = help_of(*path)
            for line in shown.splitlines():
                self.assertLessEqual(len(line), 80, f"weft {' '.join(path)}: {line}")
            for word in ("REQUIRED", "UINT", "INT in", "TEXT ...", ":{", "Print this help"):
                self.assertNotIn(word, shown, path)
        self.assertIn("weft add [OPTIONS] -- COMMAND", help_of("add"))
        self.assertIn("@modelcontextprotocol/server-filesystem", help_of("add"))
        self.assertIn("--threads N", help_of("up"))


if __name__ == "__main__":
    unittest.main()
