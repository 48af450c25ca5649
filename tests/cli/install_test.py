"""What `cmake --install` puts in place, and the man page against what --help says."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import WEFT, walk_help

BUILD = WEFT.parent.parent
PAGE = Path(__file__).resolve().parents[2] / "packaging/weft.1"
INSTALLED = {"bin/weft", "share/man/man1/weft.1", "share/bash-completion/completions/weft", "share/doc/weft/weft.yaml",
             "share/doc/weft/weft.schema.json", "lib/systemd/system/weft.service", "libexec/weft/weft-bridge-grpc", "libexec/weft/weft-door-grpc",
             "libexec/weft/weft-gate",
             *(f"libexec/weft/weft-worker-{name}" for name in ("blazingtext", "onnx", "script", "xgboost"))}
DOCKERFILE = Path(__file__).resolve().parents[2] / "Dockerfile"


def run(*words, **more):
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=60, **more)


class Page:
    """The man page's source: the tags of its sections, without fonts."""

    def __init__(self, text):
        text = re.sub(r"\\f.", "", text).replace(r"\-", "-")
        self.head = text.splitlines()[0]
        self.sections = {}
        for section in re.split(r"^\.SH ", text, flags=re.MULTILINE)[1:]:
            name, _, body = section.partition("\n")
            self.sections[name] = body

    def entries(self, section):
        """(tags, text) of each entry."""
        for entry in re.split(r"^\.TP\n", self.sections[section], flags=re.MULTILINE)[1:]:
            tags = re.findall(r"^\.[BI] (.*)$", entry, flags=re.MULTILINE)
            yield tags, re.sub(r"^\.(?:[BI] .*|TQ)\n", "", entry, flags=re.MULTILINE)

    def options(self, commands):
        """{command: the options that the page says it takes}."""
        out = {command: {"--help"} for command in commands}
        out[()].add("--version")
        ends = [command for command in commands if not any(other[:-1] == command for other in commands)]
        for tags, _ in self.entries("COMMANDS"):
            for tag in tags:
                words = tag.replace(",", "").split()
                command = max((c for c in commands if tuple(words[:len(c)]) == c), key=len)
                out[command] |= set(re.findall(r"--[a-z]+", tag))
        for tags, text in self.entries("OPTIONS"):
            but = re.search(r"Every command but (.*) takes it", text)
            if but:
                without = re.split(r", | and ", but.group(1))
                for command in ends:
                    if " ".join(command) not in without:
                        out[command] |= set(re.findall(r"--[a-z]+", tags[0]))
        return out


class ManPage(unittest.TestCase):
    def setUp(self):
        self.page = Page(PAGE.read_text())
        self.help = {path: options for path, options, _ in walk_help()}

    def test_it_lists_the_options_that_help_lists(self):
        told = self.page.options(self.help.keys())
        for path, options in self.help.items():
            self.assertEqual(told[path], options, f"weft {' '.join(path)}")

    def test_it_lists_every_command(self):
        told = {tag.split(" [")[0] for tags, _ in self.page.entries("COMMANDS") for tag in tags}
        for path in self.help:
            if path and not any(other[:-1] == path for other in self.help):
                self.assertTrue(any(tag.split()[:len(path)] == list(path) for tag in told), path)

    def test_it_says_the_exit_codes_that_help_says(self):
        shown = re.search(r"exit codes: (.*?)\nfirst steps", run(WEFT, "--help").stdout, re.DOTALL).group(1)
        codes = " ".join(shown.split())
        for code, meaning in ((0, "done"), (1, "failed"), (2, "usage"), (3, "hub unreachable"), (4, "waiting for an answer"),
                              (5, "the solution answered an error"), (130, "interrupted")):
            self.assertIn(f"{code} {meaning}", codes)
        self.assertIn(f"{codes}.", " ".join(self.page.sections["EXIT STATUS"].split()))

    def test_it_lists_the_faults_that_a_configuration_can_have(self):
        sources = (PAGE.parents[1] / "src/weft/app").glob("*.cc")
        codes = {code for file in sources if not file.name.endswith("_test.cc") for code in re.findall(r'"(W12\d\d)"', file.read_text())}
        self.assertEqual(set(re.findall(r"\bW12\d\d\b", self.page.sections["FAULTS OF A CONFIGURATION"])), codes)

    def test_it_is_of_this_version(self):
        self.assertIn(f'"{run(WEFT, "--version").stdout.strip()}"', self.page.head)

    def test_it_is_well_formed(self):
        checked = run("groff", "-man", "-ww", "-Tutf8", "-z", PAGE)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="weft-install-"))
        cls.prefix = cls.folder / "here"
        cls.install = run("cmake", "--install", BUILD, "--component", "weft", "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.assertEqual(self.install.returncode, 0, self.install.stderr)

    def test_everything_is_in_its_place(self):
        found = {str(file.relative_to(self.prefix)) for file in self.prefix.rglob("*") if not file.is_dir()}
        script = {name for name in found if name.startswith("libexec/weft/script/")}
        self.assertEqual(found - script, INSTALLED)
        built = BUILD / "libexec/weft/script"
        self.assertEqual(script, {f"libexec/weft/script/{file.relative_to(built)}" for file in built.rglob("*") if not file.is_dir()})
        self.assertTrue(any(name.endswith(".pyc") for name in script))

    def test_the_image_has_the_libraries_of_every_program(self):
        """What the Dockerfile installs are the packages of all libraries that the programs name, but those that Debian always has."""
        wanted = re.search(r"(?s)FROM debian:13\n.*--no-install-recommends(.*?)&& rm", DOCKERFILE.read_text()).group(1).split()
        programs = [self.prefix / name for name in INSTALLED if name.startswith(("bin/", "libexec/")) and not name.endswith("-script")]
        named = {library for program in programs for library in re.findall(r"NEEDED +(\S+)", run("objdump", "-p", program).stdout)}
        where = dict(re.findall(r"(\S+) => (\S+)", "".join(run("ldd", program).stdout for program in programs)))
        files = sorted({os.path.realpath(where[library]) for library in named if library in where})
        owners = {line.split(":")[0] for line in run("dpkg", "-S", *files).stdout.splitlines()}
        self.assertGreater(len(owners), 10)
        self.assertEqual(owners - {"libc6", "libgcc-s1", "libstdc++6", "zlib1g"} - set(wanted), set())
        self.assertIn("bubblewrap", wanted)

    def test_the_program_runs(self):
        told = run(self.prefix / "bin/weft", "--version", cwd="/", env={"PATH": "/usr/bin:/bin"})
        self.assertEqual((told.returncode, told.stdout, told.stderr), (0, run(WEFT, "--version").stdout, ""))

    def test_the_man_page_is_shown(self):
        page = self.prefix / "share/man/man1/weft.1"
        for words in (["man", "-l", page], ["man", "-M", self.prefix / "share/man", "weft"]):
            shown = run(*words, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "300", "MANPAGER": "cat"})
            self.assertEqual(shown.returncode, 0, shown.stderr)
            self.assertIn("--listen HOST:PORT", shown.stdout)

    def test_the_completion_is_found_and_loads(self):
        script = self.prefix / "share/bash-completion/completions/weft"
        self.assertEqual(script.read_text(), run(WEFT, "completion", "bash").stdout)
        self.assertEqual(run("bash", "-n", script).stderr, "")
        loaded = run("bash", "--norc", "-c", f"source {script} && complete -p weft")
        self.assertEqual((loaded.returncode, loaded.stdout), (0, "complete -F _weft weft\n"), loaded.stderr)
        library = Path("/usr/share/bash-completion/bash_completion")
        if library.exists():
            by_name = run("bash", "--norc", "-c", f"source {library}; __load_completion weft; complete -p weft",
                          env={**os.environ, "XDG_DATA_DIRS": f"{self.prefix}/share", "PATH": f"{self.prefix}/bin:/usr/bin:/bin"})
            self.assertEqual(by_name.stdout, "complete -F _weft weft\n", by_name.stderr)

    def test_the_example_configuration_is_fine(self):
        folder = self.prefix / "share/doc/weft"
        checked = run(self.prefix / "bin/weft", "check", "-c", folder / "weft.yaml", cwd="/")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)", (folder / "weft.yaml").read_text()).group(1)
        self.assertEqual(json.loads((folder / schema).read_text())["type"], "object")

    def test_the_unit_starts_the_installed_program(self):
        unit = (self.prefix / "lib/systemd/system/weft.service").read_text()
        program, command, words = re.search(r"^ExecStart=(\S+) (\w+) (.*)$", unit, re.MULTILINE).groups()
        self.assertEqual((program, command), (str(self.prefix / "bin/weft"), "up"))
        self.assertTrue(os.access(program, os.X_OK))
        self.assertNotRegex(unit, r"@\w+@")
        helped = run(program, "up", "--help").stdout
        for option in re.findall(r"(?<!\S)--?\w+", words):
            self.assertRegex(helped, rf"(?m)^  (?:-\w,)?.*{option}\b", option)
        self.assertIn("${STATE_DIRECTORY}", words)

    def test_the_unit_starts_a_blocked_hub_anew(self):
        unit = (self.prefix / "lib/systemd/system/weft.service").read_text()
        watched = int(re.search(r"(?m)^WatchdogSec=(\d+)$", unit)[1])
        header = (Path(__file__).resolve().parents[2] / "src/weft/app/watchdog.h").read_text()
        blocked = int(re.search(r"kBlockedAfter\{([\d']+)\}", header)[1].replace("'", "")) / 1000
        self.assertEqual((blocked, watched), (5, 30))
        self.assertRegex(unit, r"(?m)^Restart=(on-failure|on-watchdog|on-abnormal|always)$")

    def test_the_unit_lets_programs_of_models_be_made_and_bounded(self):
        unit = (self.prefix / "lib/systemd/system/weft.service").read_text()
        for line in ("Delegate=yes", "KillMode=mixed"):
            self.assertIn(f"\n{line}\n", unit)
        self.assertNotRegex(unit, r"(?m)^(ProtectKernelTunables|ProtectControlGroups|RestrictNamespaces|ProtectProc)=")

    def test_a_fresh_unit_needs_no_configuration(self):
        unit = (self.prefix / "lib/systemd/system/weft.service").read_text()
        self.assertIn("\nWorkingDirectory=-/etc/weft\n", unit)
        self.assertNotRegex(unit, r"(?m)^ExecStart=.* (?:-c|--config)\b")
        self.assertIn("/etc/weft/weft.yaml", PAGE.read_text())

    def test_the_unit_of_a_staged_install_names_the_final_place(self):
        staged = run("cmake", "--install", BUILD, "--component", "weft", "--prefix", "/opt/weft",
                     env={**os.environ, "DESTDIR": str(self.folder / "stage")})
        self.assertEqual(staged.returncode, 0, staged.stderr)
        unit = (self.folder / "stage/opt/weft/lib/systemd/system/weft.service").read_text()
        self.assertIn("\nExecStart=/opt/weft/bin/weft up ", unit)


if __name__ == "__main__":
    unittest.main()
