"""What a serving program finds around it (ml/worker/serving_view.h), and which of the two kinds of program it is to run."""
import os
import shlex
import shutil
import sys
import tempfile

from weft_script import archive, files, requirements, source
from weft_script.problem import Problem

COMMAND = "SAGEMAKER_SERVE_COMMAND"
DEFAULT_PROGRAM = "inference.py"


class ServingView:
    def __init__(self, root):
        self.root = root
        config = files.read_object(os.path.join(root, "config.json"))
        threads = config.get("threads")
        self.threads = threads if isinstance(threads, int) and threads > 0 else os.cpu_count() or 1
        environment = config.get("environment")
        for name, value in (environment if isinstance(environment, dict) else {}).items():
            if not isinstance(value, str):
                continue
            if not name or "=" in name or "\0" in name + value:
                raise Problem(f"the model's environment: no variable can be called `{name}`, or hold that")
            os.environ[name] = value
        os.environ.setdefault("OMP_NUM_THREADS", str(self.threads))
        self.model = os.path.join(root, "model")
        packed = os.path.join(root, "model.tar.gz")
        if os.path.isfile(packed):
            os.makedirs(self.model, exist_ok=True)
            archive.unpack(packed, self.model)
        self.code = self.find_code()

    def find_code(self):
        """The folder of the user's source. SAGEMAKER_SUBMIT_DIRECTORY is where it lies, or the address of an archive that weft
        has put beside the model."""
        submitted = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        inside = os.path.join(self.model, "code")
        fetched = os.path.join(self.root, source.ARCHIVE)
        local = files.local_path(self.root, submitted)
        if local is not None and os.path.isdir(local):
            return local
        if os.path.isfile(fetched) and (not submitted or submitted.startswith("s3://")):
            return self.taken(fetched)
        if local is not None and os.path.isfile(local):
            return self.taken(local)
        if os.path.isdir(inside):
            return inside
        if submitted.startswith("s3://"):
            raise Problem(f"SAGEMAKER_SUBMIT_DIRECTORY: {submitted} was not fetched", theirs=False)
        if submitted and local != inside:
            raise Problem(f"SAGEMAKER_SUBMIT_DIRECTORY: there is no {submitted}, and the archive has no folder `code`; it holds "
                          f"{files.names_in(self.model)}")
        return inside

    def taken(self, origin):
        code = os.path.join(self.root, "code")
        try:
            source.take(origin, code)
        except PermissionError:
            code = tempfile.mkdtemp(prefix="weft-code-")
            source.take(origin, code)
        return code

    def command(self):
        """The user's own server; None: a script with model_fn and its likes."""
        words = os.environ.get(COMMAND, "").strip()
        if words:
            return self.command_of(words)
        if os.environ.get("SAGEMAKER_PROGRAM"):
            return None
        for path in (os.path.join(self.model, "serve"), os.path.join(self.code, "serve")):
            if is_program(path):
                return [path]
        return None

    def command_of(self, words):
        try:
            out = shlex.split(words)
        except ValueError as error:
            raise Problem(f"{COMMAND}: {error}") from None
        here = os.path.join(self.directory(), out[0])
        if "/" in out[0] and os.path.isfile(here):
            make_executable(here)
        return out

    def directory(self):
        """Where a server is started."""
        return self.code if os.path.isdir(self.code) else self.model

    def program(self):
        """The script's name. Problems say what was looked for."""
        name = os.environ.get("SAGEMAKER_PROGRAM", "") or DEFAULT_PROGRAM
        refuse_by_name(self)
        if not os.environ.get("SAGEMAKER_PROGRAM") and not os.path.isfile(os.path.join(self.code, name)):
            return None
        source.check_name(name)
        return name

    def install(self, log):
        """What the source's requirements.txt asks for, to be imported here and by what is started from here."""
        environment = requirements.pip_environment(self.root, self.code)
        paths = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
        requirements.install(self.code, os.environ | environment, log)
        os.environ["PYTHONUSERBASE"] = environment.get("PYTHONUSERBASE", os.environ.get("PYTHONUSERBASE", ""))
        packages = requirements.user_packages(environment)
        # This program is isolated from PYTHONPATH; the user's module is not to be.
        sys.path[:0] = [*paths, *([packages] if os.path.isdir(packages) else [])]
        sys.path += files.TOOLKITS.split(":")
        os.environ["PYTHONPATH"] = ":".join([self.code, *paths, files.TOOLKITS])


def refuse_by_name(view):
    """Forms of a model that need what is not here."""
    if os.path.isfile(os.path.join(view.code, "serve.pkl")):
        raise Problem("code/serve.pkl is an InferenceSpec or SchemaBuilder that SageMaker's ModelBuilder has pickled: weft loads "
                      "no pickles. Put its load() and invoke() into code/inference.py as model_fn and predict_fn")
    if os.environ.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true":
        raise Problem("SAGEMAKER_MULTI_MODEL: one program serves one model here; make a model of each")
    no_script = not os.environ.get("SAGEMAKER_PROGRAM") and not os.path.isfile(os.path.join(view.code, DEFAULT_PROGRAM))
    if no_script and (os.environ.get("HF_MODEL_ID") or os.environ.get("HF_TASK")):
        raise Problem("HF_MODEL_ID, HF_TASK: models are not fetched from Hugging Face, and its container's own handler is not "
                      "here: put the model into the archive, and code/inference.py with model_fn beside it")
    if no_script and any(os.path.isfile(os.path.join(at, "saved_model.pb")) for at, _, _ in os.walk(view.model)):
        raise Problem("the archive holds a TensorFlow SavedModel, and TensorFlow Serving is not here: deploy the model as ONNX "
                      "(tf2onnx), or put code/inference.py with model_fn beside it")


def is_program(path):
    """A file that can be started as it is; archives that were not packed as one have lost their mode."""
    try:
        with open(path, "rb") as file:
            head = file.read(4)
    except OSError:
        return False
    if not (head.startswith(b"#!") or head == b"\x7fELF"):
        return False
    make_executable(path)
    if not os.access(path, os.X_OK):
        raise Problem(f"`{os.path.basename(path)}` is no executable file, and cannot be made one: pack the model as a .tar.gz")
    return True


def make_executable(path):
    if os.access(path, os.X_OK):
        return
    try:
        os.chmod(path, 0o755)
    except OSError:
        pass


def find_program(command, directory):
    """Whether what is to be started is there."""
    if "/" in command[0]:
        return os.access(os.path.join(directory, command[0]), os.X_OK)
    return shutil.which(command[0]) is not None
