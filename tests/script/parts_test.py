"""The pieces of weft-worker-script that need no process: archives, versions, requirements, the last words of a script, and
the toolkit's environment against the toolkit's own (golden)."""
import contextlib
import gzip
import io
import json
import os
import tarfile
import unittest
import unittest.mock
from pathlib import Path

from harness import Folder

from weft_script import archive, failure, files, frames, limits, requirements, source, toolkit, versions  # noqa: E402
from weft_script.problem import Problem  # noqa: E402
from weft_script.training_view import TrainingView  # noqa: E402

GOLDEN = Path(__file__).resolve().parent / "golden"


class Archives(Folder):
    def unpacked(self, entries, wrap=gzip.compress):
        """What comes of an archive of `(TarInfo, bytes)`: its files, or what is wrong."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for entry, data in entries:
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
        self.put("a.tar.gz", wrap(raw.getvalue()))
        return self.outcome()

    def outcome(self):
        folder = self.root / f"to{len(list(self.root.iterdir()))}"
        folder.mkdir()
        try:
            archive.unpack(str(self.root / "a.tar.gz"), str(folder))
        except Problem as problem:
            return str(problem)
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    @staticmethod
    def entry(name, kind=tarfile.REGTYPE, **more):
        out = tarfile.TarInfo(name)
        out.type = kind
        for key, value in more.items():
            setattr(out, key, value)
        return out

    def test_files_and_folders_with_or_without_gzip(self):
        given = [(self.entry("./a"), b"1"), (self.entry("b", tarfile.DIRTYPE), b""), (self.entry("b/c", mode=0o755), b"2")]
        self.assertEqual(self.unpacked(given), {"a": b"1", "b/c": b"2"})
        self.assertEqual(self.unpacked(given, bytes), {"a": b"1", "b/c": b"2"})

    def test_the_folder_itself_may_be_in_it(self):
        for name in ("/", "", "."):
            given = [(self.entry(name, tarfile.DIRTYPE), b""), (self.entry("a"), b"1")]
            self.assertEqual(self.unpacked(given), {"a": b"1"}, name)
        self.assertIn("lies outside of it", self.unpacked([(self.entry(""), b"1")]))

    def test_modes_are_those_of_a_program_or_a_file(self):
        self.unpacked([(self.entry("run", mode=0o4777), b"x"), (self.entry("data", mode=0o666), b"x")])
        modes = {name: next(self.root.glob(f"to*/{name}")).stat().st_mode & 0o7111 for name in ("run", "data")}
        self.assertEqual(modes, {"run": 0o111, "data": 0})

    def test_hostile_paths(self):
        for name in ("/etc/passwd", "../a", "a/../../b", "a\\b", "/".join("d" * 40)):
            self.assertIn("lies outside of it, or too deep", self.unpacked([(self.entry(name), b"x")]), name)
        self.assertIn("lies outside", self.unpacked([(self.entry("n" * 300), b"x")]))

    def test_links_and_devices(self):
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            self.assertIn("`x` is a link or a device", self.unpacked([(self.entry("x", kind, linkname="/etc"), b"")]))

    def test_one_name_twice(self):
        self.assertIn("`a` is in it twice", self.unpacked([(self.entry("a"), b"1"), (self.entry("a"), b"2")]))
        self.assertIn("the archive cannot be used: ", self.unpacked([(self.entry("a"), b"1"), (self.entry("a/b"), b"2")]))

    def test_bombs(self):
        zeros = [(self.entry("zeros"), bytes(4 * 1024 * 1024))]
        self.assertEqual(len(self.unpacked(zeros)["zeros"]), 4 * 1024 * 1024)
        with unittest.mock.patch.object(limits, "ARCHIVE_RATIO_MAX", 100):
            self.assertIn("it unpacks to more than", self.unpacked(zeros))
        with unittest.mock.patch.object(limits, "ARCHIVE_ENTRIES_MAX", 100):
            self.assertEqual(len(self.unpacked([(self.entry(f"f{i}"), b"") for i in range(100)])), 100)
            self.assertIn("it has more than 100 entries", self.unpacked([(self.entry(f"f{i}"), b"") for i in range(101)]))

    def test_headers_that_lie(self):
        header = self.entry("x")
        header.size = 8 * 1024 ** 3
        self.put("a.tar.gz", gzip.compress(header.tobuf() + b"x"))
        self.assertIn("it unpacks to more than", self.outcome())
        header = self.entry("@long", tarfile.GNUTYPE_LONGNAME)
        header.size = 500 * 1024 * 1024
        self.put("a.tar.gz", gzip.compress(header.tobuf() + b"x"))
        self.assertIn("a header of it says that it has", self.outcome())

    def test_what_is_no_archive_or_half_of_one(self):
        for data in (b"", b"no archive" * 100, gzip.compress(b"no archive" * 100)):
            self.put("a.tar.gz", data)
            self.assertIn("a.tar.gz: the archive cannot be used: it is no tar archive, with or without gzip, or cut off",
                          self.outcome())
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w:gz") as tar:
            tar.addfile(self.entry("x", size=100_000), io.BytesIO(os.urandom(100_000)))
        for size in (20, 1_000, len(whole.getvalue()) - 2_000):
            self.put("a.tar.gz", whole.getvalue()[:size])
            out = self.outcome()
            self.assertIn("the archive cannot be used: ", out if isinstance(out, str) else "it was unpacked")

    def test_every_byte_of_a_small_archive_changed(self):
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w") as tar:
            tar.addfile(self.entry("dir/file", size=3), io.BytesIO(b"abc"))
        good = raw.getvalue()[:1024]
        for at in range(0, 512, 3):
            changed = bytearray(good)
            changed[at] ^= 0x55
            self.put("a.tar.gz", bytes(changed))
            self.assertIsInstance(self.outcome(), (str, dict))

    def test_what_is_packed_is_unpacked(self):
        self.put("from/b/c", "c")
        self.put("from/a", "a")
        self.assertTrue(archive.pack(str(self.root / "from"), str(self.root / "a.tar.gz")))
        self.assertEqual(self.outcome(), {"a": b"a", "b/c": b"c"})

    def packed(self, **links):
        """What is packed of `from` with these links in it, and what is said meanwhile."""
        for name, target in links.items():
            place = self.root / "from" / name.replace("__", "/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            archive.pack(str(self.root / "from"), str(self.root / "a.tar.gz"))
        return self.outcome(), said.getvalue()

    def test_what_links_inside_the_folder_lead_to_is_packed(self):
        self.put("from/blobs/abc", "weights")
        self.put("from/checkpoint-500/deep/model", "m")
        files, said = self.packed(snapshots__1__model="../../blobs/abc", latest="checkpoint-500", newest="latest/deep/model",
                                  absolute=str(self.root / "from/checkpoint-500"))
        self.assertEqual(files, {"blobs/abc": b"weights", "snapshots/1/model": b"weights", "newest": b"m", **{
            f"{each}/deep/model": b"m" for each in ("checkpoint-500", "latest", "absolute")}})
        self.assertEqual(said, "")

    def test_links_that_lead_elsewhere_are_left_out_and_named(self):
        self.put("secret", "s")
        self.put("from-too/secret", "s")
        self.put("from/a/file", "f")
        os.mkfifo(self.root / "from/pipe")
        files, said = self.packed(out="../secret", root="/etc/passwd", up="a/../../secret", beside=str(self.root / "from-too"),
                                  through="out", a__loop="..", itself="itself", gone="nothing", to_pipe="pipe", b__x="../c",
                                  c__y="../b")
        self.assertEqual(files, {"a/file": b"f"})
        for name, why in (("out", "leads out of the folder"), ("root", "leads out of the folder"), ("up", "leads out of the folder"),
                          ("beside", "leads out of the folder"), ("through", "leads out of the folder"),
                          ("a/loop", "leads to a folder that it lies in"), ("itself", "leads through too many links"),
                          ("gone", "leads nowhere"), ("to_pipe", "leads to no file or folder"),
                          ("b/x/y", "leads to a folder that it lies in"), ("c/y/x", "leads to a folder that it lies in")):
            self.assertIn(f"weft: the link `{name}` is not packed: it {why}\n", said)

    def test_links_that_multiply_have_an_end(self):
        links = {f"d{i}__{name}": f"../d{i + 1}" for i in range(30) for name in ("l", "r")}
        self.put("from/d30/file", "f")
        with self.assertRaisesRegex(Problem, "the links in `from` lead to more than 10000 files"):
            self.packed(**links)
        with unittest.mock.patch.object(limits, "ARCHIVE_BYTES_MAX", 5):
            self.put("small/file", "123")
            for name in ("one", "two"):
                (self.root / "small" / name).symlink_to("file")
            with self.assertRaisesRegex(Problem, "the links in `small` lead to more than 5 bytes"):
                archive.pack(str(self.root / "small"), str(self.root / "a.tar.gz"))


class Versions(unittest.TestCase):
    def test_the_order_of_pep_440(self):
        # The list of its section "Summary of permitted suffixes and relative ordering".
        order = """1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456
            1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1""".split()
        keys = [versions.Version(text).key() for text in order]
        self.assertEqual(keys, sorted(keys))
        self.assertEqual(len(set(keys)), len(keys))

    def test_clauses_as_pep_440_gives_them(self):
        for version, clause, holds in (
                ("2.2.1", "~=2.2", True), ("3.0", "~=2.2", False), ("1.4.5.0", "~=1.4.5", True), ("1.5", "~=1.4.5", False),
                ("1.1.post1", "==1.1", False), ("1.1.post1", "==1.1.*", True), ("1.1a1", "==1.1.*", True),
                ("1.1", "==1.1.0", True), ("1.1+local", "==1.1", True), ("1.1.post1", "!=1.1", True), ("1.1", "!=1.1.*", False),
                ("1.7.1", ">1.7", True), ("1.7.0.post1", ">1.7", False), ("1.7.0.post3", ">1.7.post2", True),
                ("1.0a1", "<1.0", False), ("0.9", "<1.0", True), ("10.0", ">=9", True), ("1.2", "===1.2", True)):
            self.assertEqual(versions.fulfils(version, clause), holds, (version, clause))
        for clause in ("=>1", ">=x", "", ">=1.*"):
            with self.assertRaises(ValueError, msg=clause):
                versions.fulfils("1.0", clause)

    def test_markers(self):
        for text, holds in (('python_version >= "3.8"', True), ('python_version < "3"', False),
                            ('sys_platform == "linux" and os_name == "posix"', True), ("sys_platform == 'win32' or (os_name=='nt')", False),
                            ('extra == "test"', False), ("'linux' in sys_platform", True), ("sys_platform not in 'win32'", True)):
            self.assertEqual(versions.Marker(text).holds(), holds, text)
        for text in ("", "python_version", "x == 'y'", "(python_version > '3'", "sys_platform < 'x'", "python_version > '3' %"):
            with self.assertRaises(ValueError, msg=text):
                versions.Marker(text).holds()


class Requirements(Folder):
    def setUp(self):
        super().setUp()
        self.old = requirements.installed_version
        requirements.installed_version = {"numpy": "2.2.4", "scikit-learn": "1.4.2", "local.thing": "1.0+deb"}.get
        self.addCleanup(setattr, requirements, "installed_version", self.old)

    def missing(self, text):
        return requirements.missing(str(self.put("requirements.txt", text)))

    def test_what_is_there_and_what_is_not(self):
        self.assertEqual(self.missing("""
            # a comment
            numpy>=1.26,<3   # and another
            scikit-learn == 1.4.*
            numpy [extra] (>=2) ; python_version >= "3.8"
            local.thing==1.0
            pywin32 ; sys_platform == "win32"
            --extra-index-url https://example.org/simple
            numpy==2.2.4 --hash=sha256:00
        """), [])
        self.assertEqual(self.missing("pandas\nnumpy<2\nscikit-learn>=1.5, \\\n  <2\nhttps://example.org/x.whl\nnumpy==what\n-e .\n"),
                         ["pandas", "numpy<2 (2.2.4 is installed)", "scikit-learn>=1.5,<2 (1.4.2 is installed)",
                          "https://example.org/x.whl", "numpy==what", "-e ."])

    def test_files_that_include_others(self):
        self.put("more.txt", "pandas\n")
        self.assertEqual(self.missing("-r more.txt\nnumpy\n"), ["pandas"])
        with self.assertRaises(Problem):
            self.missing("-r requirements.txt\n")
        with self.assertRaises(Problem):
            self.missing("-r nowhere.txt\n")


class LastWords(unittest.TestCase):
    PLAIN = ["loading", "Traceback (most recent call last):", '  File "train.py", line 1, in <module>', "    f()",
             "ValueError: no label"]

    def test_a_traceback_and_nothing_before_it(self):
        self.assertEqual(failure.last_words(self.PLAIN), "\n".join(self.PLAIN[1:]))

    def test_the_drivers_own_traceback_is_not_the_reason(self):
        # As basic_script_driver.py and sm_train.sh of the SDK's version 3 write it.
        lines = [*self.PLAIN, "Command failed with exit code 1. Traceback: Traceback (most recent call last):",
                 '  File "/opt/ml/input/data/sm_drivers/common/utils.py", line 180, in execute_commands',
                 "    raise subprocess.CalledProcessError(exitcode, commands)",
                 "subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1.",
                 "++ handle_error", "+ EXIT_STATUS=1"]
        self.assertEqual(failure.last_words(lines), "\n".join(self.PLAIN[1:]))

    def test_no_traceback(self):
        self.assertEqual(failure.last_words([f"line {i}" for i in range(30)]), "\n".join(f"line {i}" for i in range(20, 30)))
        self.assertEqual(failure.last_words([]), "")

    def test_a_message_of_several_lines(self):
        lines = [*self.PLAIN, "  it needs one of:", "  a, b"]
        self.assertTrue(failure.last_words(lines).endswith("ValueError: no label\n  it needs one of:\n  a, b"))


class Sources(Folder):
    def test_names(self):
        for name in ("train.py", "bin/train.sh", "a+b.py", "p.learn", ".x"):
            source.check_name(name)
        for name in ("", "/train.py", "-m", "a/../b", "./a", "a b.py", "a;b", "a//b", "a/", "ü.py"):
            with self.assertRaises(Problem, msg=name):
                source.check_name(name)

    def test_paths(self):
        self.assertEqual(files.local_path("/r", "/opt/ml/code"), "/r/code")
        self.assertEqual(files.local_path("/r", "file:///opt/ml"), "/r")
        self.assertEqual(files.local_path("/r", "/optional"), "/optional")
        self.assertEqual(files.local_path("/r", "/opt/mlx"), "/opt/mlx")
        self.assertIsNone(files.local_path("/r", "s3://b/k"))
        self.assertIsNone(files.local_path("/r", "code"))


class Frames(unittest.TestCase):
    def test_in_any_pieces(self):
        given = [frames.Frame(frames.INVOKE, 7, 0, b"text/csv", b"*/*", b"c", b"1,2"), frames.Frame(frames.CANCEL, 2 ** 32 - 1),
                 frames.Frame(frames.REPLY, 1, 424, b"", b"", b"", bytes(100_000))]
        data = b"".join(map(frames.write, given))
        for size in (1, 7, 24, 65_536, len(data)):
            reader, out = frames.Reader(), []
            for at in range(0, len(data), size):
                reader.add(data[at:at + size])
                while (frame := reader.next()) is not None:
                    out.append(frame)
            self.assertEqual(out, given)

    def test_what_is_no_frame(self):
        good = frames.write(frames.Frame(frames.INVOKE, 1, 0, b"t"))
        for change, what in ((b"\xff\xff\xff\xff", "a message of 4294967295 bytes"), (b"\x05\0\0\0", "a message without a head")):
            with self.assertRaisesRegex(frames.FrameError, what):
                self.read(change + good[4:])
        for at, value in ((8, frames.PONG + 1), (9, 5), (12, 200)):
            changed = bytearray(good)
            changed[at] = value
            with self.assertRaises(frames.FrameError):
                self.read(bytes(changed))

    @staticmethod
    def read(data):
        reader = frames.Reader()
        reader.add(data)
        return reader.next()


class Toolkit(Folder):
    """golden/NAME.json: a folder's three files, and what sagemaker-training-toolkit makes of them (golden/make.py)."""

    def test_the_environment_is_the_toolkits_own(self):
        cases = sorted(GOLDEN.glob("*.json"))
        self.assertTrue(cases)
        for case in cases:
            with self.subTest(case.stem):
                self.check(json.loads(case.read_text()))

    def check(self, golden):
        config = self.root / "input/config"
        config.mkdir(parents=True, exist_ok=True)
        for name, text in golden["config"].items():
            (config / name).write_text(json.dumps(text))
        (config / "weft.json").write_text(json.dumps({"threads": golden["cpus"]}))
        (self.root / "code").mkdir(exist_ok=True)
        old = dict(os.environ)
        self.addCleanup(os.environ.update, old)
        for name in ("AWS_REGION", "SAGEMAKER_PROGRAM", "SAGEMAKER_TRAINING_MODULE"):
            os.environ.pop(name, None)
        os.environ["TRAINING_JOB_NAME"] = "job-1"
        view = TrainingView(str(self.root))
        made = {name: value.replace(str(self.root), "@ROOT@") for name, value in toolkit.variables(view).items()}
        made.pop("AWS_REGION", None)
        self.assertEqual(made, golden["variables"])
        self.assertEqual(toolkit.user_arguments(toolkit.split(view.hyperparameters)[0]), golden["arguments"])


if __name__ == "__main__":
    unittest.main()
