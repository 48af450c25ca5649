"""A hub under test: a data folder of its own, a free port, and an end by its process id.

WEFT_BIN is the program. WEFT_ML_ENDPOINT instead names a server that runs already (moto, to see that a test asks what AWS
would answer): then tests that need the program itself are not for it."""
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from lib.waits import PATIENCE, eventually

OTHER_SERVER = os.environ.get("WEFT_ML_ENDPOINT")
WEFT = os.environ.get("WEFT_BIN")

# Nothing of the person who runs the tests, and no word to anybody: SDK 2 and 3 tell their makers what is used.
TELEMETRY_OFF = """
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Output:
    """What a program writes, kept line by line."""

    def __init__(self, pipe):
        self.lines = []
        self.pipe = pipe
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        with self.pipe:
            for line in self.pipe:
                self.lines.append(line)

    def text(self):
        return "".join(self.lines)


class Hub:
    """`weft up`, its data in FOLDER/data."""

    def __init__(self, folder, config="", env=None, through=()):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.config = config
        self.env = {**os.environ, **(env or {}), "NO_COLOR": "1"}
        self.through = [*through]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = [*self.through, WEFT, "up", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, "--log", "warn"]
        if self.config:
            (self.folder / "weft.yaml").write_text(self.config)
            command += ["-c", self.folder / "weft.yaml"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                                        cwd=self.folder, env=self.env)
        self.out, self.err = Output(self.process.stdout), Output(self.process.stderr)
        eventually("weft up says where it listens", self.is_up, 20)

    def is_up(self):
        # Its own word: at its port there may still be what a killed one left to a process that it was starting.
        if self.process.poll() is not None:
            raise AssertionError(f"weft up ended with {self.process.returncode}: {self.err.text()}")
        return bool(self.out.lines)

    def run(self, *words, stdin=None, seconds=60):
        """A command of the CLI against this hub."""
        return subprocess.run([WEFT, *map(str, words)], capture_output=True, text=True, input=stdin, timeout=seconds * PATIENCE,
                              cwd=self.folder, env={**self.env, "WEFT_HUB": f"unix:{self.data}/weft.sock"})

    def json(self, *words):
        done = self.run(*words, "--json")
        if done.returncode != 0:
            raise AssertionError(f"weft {' '.join(map(str, words))} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def workers(self):
        """{pid: command line} of every program that descends from the hub."""
        return {pid: words for pid, words in descendants(self.process.pid).items() if "bwrap" not in words.split("\0")[0]}

    def limit_files(self, bytes_max):
        """No file of the hub's (or of what it starts from now on) may become longer, as on a disk that is full."""
        hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (bytes_max, hard))

    def kill(self):
        """As a crash does: without a word."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"weft did not end: {self.err.text()}") from None

    def restart(self):
        self.stop()
        self.start()


def descendants(root):
    """{pid: command line, its words ended by NUL} of what a process started, and what they started."""
    parents, out = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue  # ended meanwhile
    for pid in parents:
        above = pid
        while above in parents and above != root:
            above = parents[above]
        if above == root and pid != root:
            try:
                out[pid] = (Path("/proc") / str(pid) / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
    return out


def resident_bytes(pid):
    for line in (Path("/proc") / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no memory")


def only_weft(test):
    """For tests that another server (WEFT_ML_ENDPOINT) is not meant to pass."""
    return unittest.skipIf(OTHER_SERVER, "asks weft itself")(test)


class Case(unittest.TestCase):
    """One hub for all tests of a class."""
    config = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="weft-ml-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        (cls.folder / "sdk.yaml").write_text(TELEMETRY_OFF)
        if OTHER_SERVER:
            cls.hub, cls.url = None, OTHER_SERVER
        else:
            cls.hub = Hub(cls.folder, cls.config)
            cls.addClassCleanup(cls.hub.kill)
            cls.addClassCleanup(cls.hub.stop)
            cls.url = cls.hub.url
        cls.environment = environment(cls.url, cls.folder)
        before = {name: os.environ.get(name) for name in cls.environment}
        os.environ.update(cls.environment)
        cls.addClassCleanup(put_back, before)


def environment(url, folder):
    """What a person sets to point AWS's SDKs at weft; the rest keeps them from looking elsewhere."""
    config = str(Path(folder) / "sdk.yaml")
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDWEFTTEST00000000",
        "AWS_SECRET_ACCESS_KEY": "weft-test-secret",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": config,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": config,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def put_back(before):
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
