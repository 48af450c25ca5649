"""What ctest_log.py tells of a real run of ctest: one that passes, one that skips and one that needs a second try."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).with_name("ctest_log.py")
PASSES = 'add_test(passes "true")\n'
SKIPS = 'add_test(skips "sh" "-c" "exit 77")\nset_tests_properties(skips PROPERTIES SKIP_RETURN_CODE 77 LABELS "%s")\n'
FLAKY = 'add_test(flaky "sh" "-c" "test -e tried || { touch tried; exit 1; }")\n'
DISABLED = 'add_test(off "true")\nset_tests_properties(off PROPERTIES DISABLED TRUE)\n'


def told(tests):
    """Runs TESTS with ctest and the tool on its log; the tool's exit code, output and errors."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "CTestTestfile.cmake").write_text(tests)
        log = subprocess.run(["ctest", "--repeat", "until-pass:2"], cwd=here, capture_output=True, text=True)
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

    def test_a_second_try_is_named(self):
        self.assertEqual(told(PASSES + FLAKY), (0, "NEEDED A SECOND TRY:\n  flaky\n", ""))


if __name__ == "__main__":
    unittest.main()
