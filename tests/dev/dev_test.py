"""./dev in a copy of the checkout, with stand-ins for mmdebstrap, bwrap, apt-get and id: what it leaves behind however it
ends, what it names when it cannot go on, and what it does not do twice."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
TOOLS = """bash sh env cat chmod cp cut date dirname flock grep head ls mkdir mv paste readlink rm sed sha256sum sleep sort
tail tar touch tr true uname wc""".split()
ENTERS = 'for a; do last=$a; done; [ "$last" = true ] || echo "entered: $last"'
MAKES = 'for a; do root=$a; done; echo made >>"$STUBS/made"; mkdir -p "$root/etc" "$root/usr"; echo "I: extracting archives"\n'
WAITS = 'echo $$ >"$STUBS/pid"; while [ ! -e "$STUBS/go" ]; do sleep 0.05; done'


class Dev(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weft-dev-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.top, self.cache, self.stubs = (self.folder / n for n in ("checkout", "cache", "stubs"))
        for folder in (self.top, self.cache, self.stubs):
            folder.mkdir()
        shutil.copy(SOURCE / "dev", self.top / "dev")
        shutil.copytree(SOURCE / "tools", self.top / "tools")
        for tool in TOOLS:
            (self.stubs / tool).symlink_to(shutil.which(tool))
        self.stub("id", 'case $1 in -un) echo ada ;; *) echo 0 ;; esac')
        self.stub("bwrap", ENTERS)
        self.stub("mmdebstrap", MAKES)

    def stub(self, name, text):
        path = self.stubs / name
        path.unlink(missing_ok=True)
        path.write_text("#!/bin/bash\n" + text + "\n")
        path.chmod(0o755)

    def start(self, *arguments, root="always"):
        environment = {"PATH": str(self.stubs), "HOME": str(self.folder), "WEFT_CACHE": str(self.cache),
                       "WEFT_DEV_ROOT": root, "STUBS": str(self.stubs)}
        return subprocess.Popen([self.top / "dev", *arguments], env=environment, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def run_dev(self, *arguments, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def roots(self):
        return sorted(p.name for p in self.cache.iterdir() if p.name.startswith("root-"))

    def made(self):
        path = self.stubs / "made"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def wait_for(self, what):
        end = time.monotonic() + 30
        while not what():
            self.assertLess(time.monotonic(), end, "it did not come to that")
            time.sleep(0.02)

    def test_the_root_is_made_once_and_then_entered(self):
        self.assertEqual(self.run_dev("shell", "-c", "x")[:2], (0, "entered: x\n"))
        self.assertEqual(self.run_dev("shell", "-c", "y")[:2], (0, "entered: y\n"))
        self.assertEqual(self.made(), 1)
        self.assertEqual(len(self.roots()), 1)

    def test_another_package_list_is_another_root(self):
        self.run_dev("shell")
        with open(self.top / "tools/packages.txt", "a") as file:
            file.write("cowsay\n")
        self.run_dev("shell")
        self.assertEqual((self.made(), len(self.roots())), (2, 2))

    def test_interrupted_it_leaves_no_root_and_nobody_who_makes_one(self):
        self.stub("mmdebstrap", MAKES + WAITS)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 130)):
            with self.subTest(number):
                (self.stubs / "pid").unlink(missing_ok=True)
                process = self.start("shell")
                self.wait_for((self.stubs / "pid").exists)
                self.wait_for(lambda: (self.stubs / "pid").read_text().endswith("\n"))
                maker = int((self.stubs / "pid").read_text())
                os.killpg(process.pid, number)
                process.communicate(timeout=60)
                self.assertEqual(process.returncode, code)
                self.assertEqual(self.roots(), [])
                with self.assertRaises(ProcessLookupError):
                    os.kill(maker, 0)

    def test_what_a_killed_run_left_is_never_used(self):
        self.stub("mmdebstrap", MAKES + WAITS)
        process = self.start("shell")
        self.wait_for((self.stubs / "pid").exists)
        self.wait_for(lambda: (self.stubs / "pid").read_text().endswith("\n"))
        process.kill()
        os.kill(int((self.stubs / "pid").read_text()), signal.SIGKILL)
        process.communicate(timeout=60)
        self.assertTrue(self.roots()[0].endswith(".partial"))
        self.stub("mmdebstrap", MAKES)
        self.assertEqual(self.run_dev("shell", "-c", "x")[:2], (0, "entered: x\n"))
        self.assertEqual(self.made(), 2)
        self.assertFalse(any(name.endswith(".partial") for name in self.roots()))

    def test_two_at_once_make_one_root(self):
        self.stub("mmdebstrap", MAKES + WAITS)
        first, second = self.start("shell", "-c", "x"), self.start("shell", "-c", "x")
        self.wait_for((self.stubs / "pid").exists)
        (self.stubs / "go").touch()
        for process in (first, second):
            self.assertEqual(process.communicate(timeout=60)[0], "entered: x\n")
        self.assertEqual(self.made(), 1)

    def test_a_root_that_cannot_be_made_is_said_with_the_log(self):
        self.stub("mmdebstrap", MAKES + 'echo "E: no such mirror"; exit 1')
        code, out, err = self.run_dev("shell")
        self.assertEqual((code, out, self.roots()), (1, "", []))
        self.assertIn("E: no such mirror\n", err)
        self.assertIn("error: the Debian 13 root could not be made\n", err)

    def test_a_normal_user_is_told_the_one_missing_thing(self):
        self.stub("id", 'case $1 in -un) echo ada ;; *) echo 1000 ;; esac')
        self.stub("newuidmap", "true")
        self.stub("unshare", "true")
        (self.stubs / "mmdebstrap").unlink()
        code, _, err = self.run_dev("shell")
        self.assertEqual(code, 1)
        self.assertIn("error: this machine lacks: mmdebstrap\n\nhint: as root: apt-get install mmdebstrap\n", err)

        self.stub("mmdebstrap", MAKES)
        code, _, err = self.run_dev("shell")
        self.assertIn("error: ada has no range of subordinate ids", err)

        self.stub("unshare", "exit 1")
        code, _, err = self.run_dev("shell")
        self.assertEqual((code, self.made()), (1, 0))
        self.assertIn("error: this machine lets no normal user make user namespaces\n", err)

    def test_a_root_that_cannot_be_entered_is_said_with_the_way_out(self):
        self.stub("bwrap", 'echo "bwrap: No permissions to create new namespace" >&2; exit 1')
        code, _, err = self.run_dev("shell")
        self.assertEqual(code, 1)
        self.assertIn("error: bubblewrap cannot enter the Debian 13 root: bwrap: No permissions", err)
        self.assertIn("hint: user namespaces must be allowed", err)

    def test_the_reference_machine_gets_what_it_misses(self):
        self.stub("dpkg-query", r'for p in "${@:4}"; do [ $p = ccache ] || echo "$p installed"; done; exit 1')
        self.stub("apt-get", 'echo "$@" >>"$STUBS/apt"')
        self.stub("apt-cache", 'for p in "${@:2}"; do echo "  Candidate: 1"; done')
        code, _, err = self.run_dev("build", "no-such-preset", root="")
        apt = (self.stubs / "apt").read_text()
        self.assertIn("installing 1 packages that tools/packages.txt lists: ccache\n", err)
        self.assertTrue(apt.startswith("update\n"))
        self.assertTrue(apt.endswith("install -y --no-install-recommends ccache\n"))
        self.assertEqual(self.made(), 0)

    def test_words_it_does_not_know(self):
        code, out, err = self.run_dev("biuld")
        self.assertEqual((code, out), (2, ""))
        self.assertEqual(err, "error: there is no command `biuld`\n\nhint: `./dev help` lists the commands\n")

    def test_clean_needs_no_root(self):
        (self.top / "build/asan").mkdir(parents=True)
        self.assertEqual(self.run_dev("clean")[:2], (0, "removed build/\n"))
        self.assertFalse((self.top / "build").exists())
        self.assertEqual(self.made(), 0)


if __name__ == "__main__":
    unittest.main()
