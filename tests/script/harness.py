"""What the tests of weft-worker-script share: a job's or a model's folder, the real program, and the hub's end of its
links. The program is the first argument, or the source's own."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src/weft/ml/algorithms/script/engine"
named = sys.argv.pop(1) if len(sys.argv) > 1 and "/" in sys.argv[1] else None
WORKER = Path(named).resolve() if named else SOURCE / "worker_script.py"
HOME = WORKER.parent / "script" if (WORKER.parent / "script").is_dir() else WORKER.parent
sys.path.insert(0, str(HOME))
sys.dont_write_bytecode = True

PATIENCE = 60
INVOKE, INFER, CANCEL, REPLY, PART, READY, FAILED, PING, PONG = range(9)


def have(*modules):
    """Whether a Python of this machine has them."""
    return subprocess.run([sys.executable, "-c", "import " + ", ".join(modules)], capture_output=True).returncode == 0


def environment(**more):
    """What the sandbox sets, and no more."""
    return {"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8", **more}


# As the hub's sandbox is: nothing of the machine but /usr and what of /etc programs need, no /proc, no network.
BWRAP = ["bwrap", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink",
         "usr/lib64", "/lib64", "--ro-bind", "/etc", "/etc", "--dev", "/dev", "--tmpfs", "/tmp", "--unshare-net", "--unshare-pid",
         "--die-with-parent", "--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/tmp"]
LIBEXEC = "/run/weft/libexec"


def can_sandbox():
    try:
        return subprocess.run([*BWRAP, "true"], capture_output=True, timeout=PATIENCE).returncode == 0
    except OSError:
        return False


def in_sandbox(root):
    """The beginning of a command line: the worker in a sandbox that has this folder as /opt/ml."""
    parts = ["script"] if HOME.name == "script" else ["weft_script", "stand_ins"]
    out = [*BWRAP, "--bind", str(root), "/opt/ml", "--ro-bind", str(WORKER), f"{LIBEXEC}/{WORKER.name}"]
    for part in parts:
        out += ["--ro-bind", str(WORKER.parent / part), f"{LIBEXEC}/{part}"]
    return [*out, f"{LIBEXEC}/{WORKER.name}"]


class Folder(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="weft-script-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def put(self, name, text):
        """A file under the root; text loses its indentation."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(textwrap.dedent(text).lstrip("\n"))
        return path

    def text(self, name):
        return (self.root / name).read_text()

    def wait_for(self, name):
        """Until there is a file of this name under the root."""
        until = time.monotonic() + PATIENCE
        while not (self.root / name).exists():
            self.assertLess(time.monotonic(), until, f"no {name} came")
            time.sleep(0.01)


def pack(path, files, modes=None):
    """A .tar.gz of texts by name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            part = Path(folder) / name
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(textwrap.dedent(text).lstrip("\n"))
            part.chmod((modes or {}).get(name, 0o644))
            tar.add(part, name)


class Job(Folder):
    """A training job's folder as the hub lays it out."""

    def setUp(self):
        super().setUp()
        for name in ("input/config", "input/data", "model", "output/data", "checkpoints", "artifacts"):
            (self.root / name).mkdir(parents=True)
        self.hyperparameters = {}
        self.channels = {}
        self.resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}

    def source(self, files, program="train.py", **more):
        """As the SDK's version 2 sends it: JSON-encoded hyper-parameters, the source as an archive that the hub has fetched."""
        self.hyperparameters |= {"sagemaker_program": json.dumps(program),
                                 "sagemaker_submit_directory": json.dumps("s3://b/job-1/source/sourcedir.tar.gz"),
                                 "sagemaker_container_log_level": "20", "sagemaker_job_name": json.dumps("job-1"),
                                 "sagemaker_region": json.dumps("eu-west-1"), **more}
        pack(self.root / "input/config/sourcedir.tar.gz", files)

    def channel(self, name, files, **about):
        self.channels[name] = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated",
                               "RecordWrapperType": "None", **about}
        (self.root / "input/data" / name).mkdir(exist_ok=True)
        for file, text in files.items():
            self.put(f"input/data/{name}/{file}", text)

    def configure(self):
        config = self.root / "input/config"
        (config / "hyperparameters.json").write_text(json.dumps(self.hyperparameters))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        (config / "resourceconfig.json").write_text(json.dumps(self.resources))
        (config / "weft.json").write_text(json.dumps({"threads": 2, "memory_bytes": 0}))

    def start(self, *command, **variables):
        self.configure()
        words = [str(WORKER), "train", "--root", str(self.root), *(["--", *command] if command else [])]
        return subprocess.Popen(words, env=environment(TRAINING_JOB_NAME="job-1", **variables), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run_job(self, *command, **variables):
        """The exit code; what it wrote is in self.written."""
        child = self.start(*command, **variables)
        self.written = child.communicate(timeout=PATIENCE)[0]
        return child.returncode

    def failure(self):
        return self.text("output/failure")

    def packed(self, name):
        """The files of an archive it left, as texts by name."""
        with tarfile.open(self.root / "artifacts" / name, "r:gz") as tar:
            return {entry.name: tar.extractfile(entry).read().decode("utf-8", "replace") for entry in tar}


class Frame:
    """Written and read by hand, from the words of wire/worker_frames.h."""

    def __init__(self, kind, number=0, status=0, type="", accept="", attributes="", body=b""):
        self.kind, self.number, self.status = kind, number, status
        self.type, self.accept, self.attributes, self.body = type, accept, attributes, body

    def bytes(self):
        texts = [text.encode("latin-1") for text in (self.type, self.accept, self.attributes)]
        rest = struct.pack("<IBBH", self.number, self.kind, 4, self.status)
        rest += b"".join(struct.pack("<I", len(text)) for text in texts) + b"".join(texts) + self.body
        return struct.pack("<I", len(rest)) + rest


class Hub:
    """One of the hub's loops."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.socket.settimeout(PATIENCE)
        self.numbers = 0

    def exactly(self, size):
        out = b""
        while len(out) < size:
            data = self.socket.recv(size - len(out))
            if not data:
                raise EOFError(f"the link ended after {len(out)} of {size} bytes")
            out += data
        return out

    def next(self):
        size = struct.unpack("<I", self.exactly(4))[0]
        rest = self.exactly(size)
        number, kind, parts, status, *lengths = struct.unpack_from("<IBBHIII", rest)
        assert parts == 4, parts
        texts, at = [], 20
        for length in lengths:
            texts.append(rest[at:at + length].decode("latin-1"))
            at += length
        return Frame(kind, number, status, *texts, rest[at:])

    def ended(self):
        try:
            self.next()
        except (EOFError, ConnectionResetError):
            return True
        return False

    def send(self, frame):
        self.socket.sendall(frame.bytes())

    def ask(self, body, type="", accept="", attributes="", kind=INVOKE):
        """Sends a request; its number."""
        self.numbers += 1
        self.send(Frame(kind, self.numbers, 0, type, accept, attributes, body if isinstance(body, bytes) else body.encode()))
        return self.numbers

    def answer(self, *args, **more):
        """The reply to a request that comes whole."""
        number = self.ask(*args, **more)
        out = self.next()
        assert out.kind == REPLY and out.number == number, (out.kind, out.number, number)
        return out


class Model(Folder):
    """A model's folder as the hub lays it out, and its program."""

    links = 1
    sandboxed = False

    def setUp(self):
        super().setUp()
        self.variables = {}
        self.child = None

    def start(self):
        self.put("config.json", json.dumps({"threads": 2, "environment": self.variables}))
        (self.root / "model").mkdir(exist_ok=True)
        self.hubs = [Hub() for _ in range(self.links)]
        program = in_sandbox(self.root) if self.sandboxed else [str(WORKER)]
        words = [*program, "serve", "--root", "/opt/ml" if self.sandboxed else str(self.root)]
        for hub in self.hubs:
            words += ["--link-fd", str(hub.theirs.fileno())]
        self.out = open(self.root / "log", "wb")
        self.child = subprocess.Popen(words, env=environment(), stdin=subprocess.DEVNULL, stdout=self.out,
                                      stderr=subprocess.STDOUT, pass_fds=[hub.theirs.fileno() for hub in self.hubs])
        self.addCleanup(self.stop)
        for hub in self.hubs:
            hub.theirs.close()
        self.hub = self.hubs[0]
        return self.hub

    def stop(self):
        for hub in self.hubs:
            hub.socket.close()
        self.out.close()
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def serve(self):
        """Started and ready: what the model says of itself."""
        self.start()
        said = [hub.next() for hub in self.hubs]
        for frame in said:
            self.assertEqual(frame.kind, READY, frame.body.decode() + self.log())
        return json.loads(said[0].body)

    def refused(self):
        """Why it cannot be served."""
        self.start()
        frame = self.hub.next()
        self.assertEqual(frame.kind, FAILED, frame.body)
        self.assertEqual(self.child.wait(PATIENCE), 1)
        return frame.body.decode()

    def log(self):
        return (self.root / "log").read_text(errors="replace")

    def ends(self):
        return self.child.wait(PATIENCE)
