"""How what a command found is shown: on a terminal, in a pipe, in columns; and what it ends with when it cannot be."""
import json
import os
import pty
import subprocess
import unittest

from harness import WEFT, Case, eventually, free_port


class Shown(Case):
    def joined(self, more=""):
        hub = self.start(config=f"solutions:\n  - name: clock\n    url: {self.url}\n    approval: {{add: hub}}\n{more}")
        hub.has_joined("clock")
        return hub

    def on_terminal(self, *words, env=None):
        """What a terminal gets of standard output."""
        ours, theirs = pty.openpty()
        try:
            with subprocess.Popen([WEFT, *words], stdout=theirs, stderr=subprocess.DEVNULL, cwd=self.folder,
                                  env={**self.hub.env, **(env or {})}) as process:
                os.close(theirs)
                out = b""
                try:
                    while piece := os.read(ours, 65536):
                        out += piece
                except OSError:
                    pass  # nobody writes any more
                self.assertEqual(process.wait(20), 0)
        finally:
            os.close(ours)
        return out.decode().replace("\r\n", "\n")

    def test_colour_is_for_terminals_that_want_it(self):
        self.joined()
        without = {key: value for key, value in self.hub.env.items() if key != "NO_COLOR"}
        self.hub.env = without
        self.assertIn("\033[2m    weft call clock/add", self.on_terminal("show", "clock"))
        self.assertIn("\033[2mNAME", self.on_terminal("ls"))
        self.assertIn("\033[2mNAME", self.on_terminal("ls", env={"NO_COLOR": ""}))
        for words in (["show", "clock"], ["ls"]):
            self.assertNotIn("\033", self.on_terminal(*words, env={"NO_COLOR": "1"}))
            self.assertNotIn("\033", self.hub.run(*words).stdout)

    def test_json_is_laid_out_on_a_terminal_alone(self):
        self.start().run("add", self.url, "--as", "clock")
        self.assertEqual(self.on_terminal("call", "clock/add", "a=2", "b=40"), '{\n  "sum": 42\n}\n')
        self.assertEqual(self.hub.run("call", "clock/add", "a=2", "b=40").stdout, '{"sum":42}\n')

    def test_in_a_pipe_the_order_is_kept(self):
        hub = self.start()
        both = subprocess.run([WEFT, "add", self.url, "--as", "clock"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=20, env=hub.env, cwd=self.folder)
        self.assertRegex(both.stdout, r"\Ajoined clock .*\n(?:known|probably) .*\n(?:.*\n)*next: weft show clock\n\Z")

    def test_what_cannot_be_written_is_an_error(self):
        hub = self.start()
        hub.run("add", self.url, "--as", "clock")
        for words in (["ls"], ["ls", "--json"], ["--help"], ["completion", "bash"], ["check", "--help"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([WEFT, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=20, env=hub.env)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("No space left on device", done.stderr)

    def test_a_list_that_is_cut_says_so(self):
        hub = self.joined()
        for _ in range(3):
            self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1").returncode, 4)
        cut = hub.run("task", "ls", "--limit", "2")
        self.assertEqual(len(cut.stdout.splitlines()), 3)
        self.assertIn("these are 2 of 3; `weft task ls --limit 3` lists all", cut.stderr)
        whole = hub.run("task", "ls", "--limit", "3")
        self.assertEqual((len(whole.stdout.splitlines()), whole.stderr), (4, ""))
        self.assertEqual(len(self.document(hub.run("task", "ls", "--limit", "2", "--json"))["tasks"]), 2)

    def test_keys_say_what_they_may_call(self):
        hub = self.joined()
        made = hub.run("key", "new", "ada", "--for", "clokc", "--for", "clock")
        self.assertEqual(made.returncode, 0)
        self.assertIn("there is no solution `clokc` yet; did you mean `clock`?", made.stderr)
        self.assertNotIn("`clock` yet", made.stderr)
        hub.run("key", "new", "bob")
        listed = hub.run("key", "ls").stdout
        self.assertRegex(listed, r"KEY +NAME +ADMIN +MAY CALL +CREATED")
        self.assertRegex(listed, r" ada +no +clokc, clock  ")
        self.assertRegex(listed, r" bob +no +all  ")

    def test_what_is_down_says_where_and_why(self):
        dead = f"http://127.0.0.1:{free_port()}"
        hub = self.joined(f"  - name: dead\n    url: {dead}\n")
        self.assertIn("dead is down; `weft show dead` says more", hub.run("ls").stderr)
        shown = eventually("it was tried", lambda: (now := hub.run("show", "dead")) and "no protocol" in now.stdout and now)
        self.assertEqual((shown.returncode, shown.stderr), (1, ""), "not joined yet, as scripts ask")
        self.assertIn(f"at         {dead}\n", shown.stdout)
        self.assertRegex(shown.stdout, r"health     down\nwhy        no protocol was recognised")
        told = self.document(hub.run("show", "dead", "--json"))
        self.assertEqual((told["health"], told["skills"]), ("down", []))
        for line in shown.stdout.partition("why        ")[2].splitlines()[1:]:
            self.assertRegex(line, r"^ {11}\s*\S", shown.stdout)
        doctor = hub.run("doctor").stdout
        for line in doctor.splitlines():
            self.assertRegex(line, r"^(?:ok   |BAD  | {24} *)\S", doctor)
        called = hub.run("call", "dead/anything", "a=1")
        self.assertEqual(called.returncode, 1)
        self.assertIn("has not joined", called.stderr)

    def test_a_refusal_by_a_person_is_no_error_of_the_solution(self):
        hub = self.joined()
        task = json.loads(hub.run("call", "clock/add", "a=1", "b=1", "--json").stdout)["id"]
        self.assertEqual(hub.run("task", "answer", task, "no").returncode, 1)
        other = json.loads(hub.run("call", "clock/add", "a=1", "b=1", "--json").stdout)["id"]
        cancelled = hub.run("task", "cancel", other)
        self.assertEqual((cancelled.returncode, cancelled.stdout), (0, f"{other}  clock/add  canceled\n"), cancelled.stderr)


if __name__ == "__main__":
    unittest.main()
