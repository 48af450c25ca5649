"""What lint_each.py looks at again, and what not: a checkout of three files, and a linter that counts how often it is called."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOOL = Path(__file__).with_name("lint_each.py")
LINTER = 'file="${@: -1}"; echo "$file" >>"$COUNT"; ! grep -n TODO "$file" | sed "s/.*/&: error: todo/" | grep .'


class LintEach(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.here = Path(folder.name)
        self.checkout("one")

    def checkout(self, name):
        self.top = self.here / name
        (self.top / "src/weft").mkdir(parents=True)
        self.write("a.h", "int a;\n")
        self.write("b.cc", '#include "weft/a.h"\n')
        self.write("c.cc", "int c;\n")
        (self.top / "lint").write_text(LINTER)

    def write(self, name, text):
        (self.top / "src/weft" / name).write_text(text)

    def look(self, *more):
        """The exit code, what was printed, and which files the linter was called with."""
        count = self.here / "count"
        count.write_text("")
        run = subprocess.run([sys.executable, TOOL, "lint", "bash", self.top / "lint", *more], cwd=self.top, text=True,
                             input="src/weft/b.cc\nsrc/weft/c.cc\n", capture_output=True,
                             env={**os.environ, "WEFT_CACHE": str(self.here / "cache"), "COUNT": str(count)})
        return run.returncode, run.stdout + run.stderr, sorted(count.read_text().replace("src/weft/", "").split())

    def test_what_was_clean_is_not_looked_at_again(self):
        self.assertEqual(self.look()[2], ["b.cc", "c.cc"])
        code, said, looked = self.look()
        self.assertEqual((code, looked), (0, []))
        self.assertIn("lint: 2 files, 2 as they were when they were clean", said)

    def test_nor_in_another_checkout(self):
        self.look()
        self.checkout("two")
        self.assertEqual(self.look()[2], [])

    def test_what_includes_a_header_that_changed_is(self):
        self.look()
        self.write("a.h", "long a;\n")
        self.assertEqual(self.look()[2], ["b.cc"])

    def test_everything_is_when_a_setting_changes(self):
        self.look()
        (self.top / ".clang-tidy").write_text("Checks: '*'\n")
        self.assertEqual(self.look()[2], ["b.cc", "c.cc"])

    def test_what_is_compiled_otherwise_is(self):
        for flags, expected in (("-O1", ["b.cc", "c.cc"]), ("-O2", ["b.cc"])):
            table = [{"file": str(self.top / "src/weft/b.cc"), "command": f"g++ -I{self.top}/src {flags}"}]
            (self.here / "compile_commands.json").write_text(json.dumps(table))
            self.assertEqual(self.look("-p", self.here)[2], expected)

    def test_findings_fail_each_time(self):
        self.write("c.cc", "int c;  // TODO\n")
        for _ in range(2):
            code, said, looked = self.look()
            self.assertEqual(code, 1)
            self.assertIn("c.cc", looked)
            self.assertIn("1:int c;  // TODO: error: todo", said)

    def test_what_was_edited_while_it_was_looked_at_is_looked_at_again(self):
        (self.top / "lint").write_text(LINTER + '; [ "$file" != src/weft/c.cc ] || echo "long c;" >>"$file"')
        self.assertEqual(self.look()[0], 0)
        self.write("c.cc", "int c;\n")
        self.assertEqual(self.look()[2], ["c.cc"])

    def test_interrupted_it_begins_no_other_file(self):
        (self.top / "lint").write_text('echo >>"$COUNT"; sleep 5')
        count = self.here / "count"
        count.write_text("")
        run = subprocess.Popen([sys.executable, TOOL, "lint", "bash", self.top / "lint"], cwd=self.top, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                               env={**os.environ, "WEFT_CACHE": str(self.here / "cache"), "COUNT": str(count)})
        run.stdin.write("\n".join(f"src/weft/{i}.cc" for i in range(100)))
        run.stdin.close()
        while not count.read_text():
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGINT)
        self.assertEqual(run.wait(timeout=20), 130)
        self.assertLess(len(count.read_text().splitlines()), 100)

    def test_a_linter_that_cannot_be_run_is_no_clean_file(self):
        (self.top / "lint").write_text("exit 3")
        self.assertEqual(self.look()[0], 1)


if __name__ == "__main__":
    unittest.main()
