"""What ctest_log.py and ctest_progress.py tell of a real run of ctest: one that passes and one that skips."""
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from ctest_progress import Progress

TOOL = Path(__file__).with_name("ctest_log.py")
PASSES = 'add_test(passes "true")\n'
SKIPS = 'add_test(skips "sh" "-c" "exit 77")\nset_tests_properties(skips PROPERTIES SKIP_RETURN_CODE 77 LABELS "%s")\n'
DISABLED = 'add_test(off "true")\nset_tests_properties(off PROPERTIES DISABLED TRUE)\n'


def told(tests):
    """Runs TESTS with ctest and the tool on its log; the tool's exit code, output and errors."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "CTestTestfile.cmake").write_text(tests)
        log = subprocess.run(["ctest"], cwd=here, capture_output=True, text=True)
        listing = subprocess.run(["ctest", "-N", "-L", "shared-data"], cwd=here, capture_output=True, text=True)
        (here / "log").write_text(log.stdout)
        (here / "listing").write_text(listing.stdout)
        run = subprocess.run([sys.executable, TOOL, here / "log", here / "listing"], capture_output=True, text=True)
        return run.returncode, run.stdout, run.stderr


class CtestLog(unittest.TestCase):
    def test_nothing_to_tell(self):
        self.assertEqual(told(PASSES), (0, "", ""))

    def test_shared_data_may_skip_and_is_listed(self):
        self.assertEqual(told(PASSES + SKIPS % "shared-data"),
                         (0, "skipped for want of ../shared: 1\n  skips\n", ""))

    def test_nothing_else_may_skip(self):
        code, out, err = told(PASSES + SKIPS % "interop")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("  skips\n", err)

    def test_a_disabled_test_is_a_skipped_one(self):
        self.assertEqual(told(PASSES + DISABLED)[0], 1)


class CtestProgress(unittest.TestCase):
    def told(self, text, seconds):
        """What is written for the lines of TEXT, one every SECONDS."""
        now, out = [0], io.StringIO()
        progress = Progress(out, lambda: now[0])
        for line in text.splitlines():
            now[0] += seconds
            progress.line(line)
        progress.end()
        return out.getvalue()

    def test_says_how_far_it_is_every_half_minute_and_at_the_end(self):
        log = "".join(f" {n}/4 Test  #{n}: a.b{n} ...   Passed    0.1 sec\n" for n in range(1, 5))
        self.assertEqual(self.told(log, 16), "  32 s  2/4 tests\n  64 s  4/4 tests\n")

    def test_names_a_failure_at_once(self):
        log = "  Start 1: a.b\n1/9 Test #1: a.b ......***Failed  0.2 sec\n2/9 Test #2: a.c ......***Timeout 120 sec\n"
        self.assertEqual(self.told(log, 1), "a.b: Failed\na.c: Timeout\n")

    def test_reads_what_ctest_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "CTestTestfile.cmake").write_text(PASSES + 'add_test(fails "false")\n')
            log = subprocess.run(["ctest"], cwd=folder, capture_output=True, text=True).stdout
        self.assertEqual(self.told(log, 0), "fails: Failed\n   0 s  2/2 tests\n")


if __name__ == "__main__":
    unittest.main()
