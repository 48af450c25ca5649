"""Where the user's program comes from, and how it is started: the rules of sagemaker-training-toolkit."""
import os
import re
import shlex
import shutil
import sys

from weft_script import archive, files
from weft_script.problem import Problem

ARCHIVE = "sourcedir.tar.gz"
SAFE = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*")
TELL = "set the hyper-parameter `sagemaker_program` to a file of the source directory, such as `train.py` or `bin/train.sh`"


def check_name(name):
    """A plain path inside of the source directory."""
    if not name:
        raise Problem(f"nothing says which program to run: {TELL}, or give the job ContainerEntrypoint")
    if not SAFE.fullmatch(name) or any(part in (".", "..") for part in name.split("/")):
        raise Problem(f"`{name}` cannot be the program: its name may have letters, digits, `._+-/`, no part that is `.` or "
                      f"`..`, and begin with neither `-` nor `/`; {TELL}")


def empty(folder):
    if os.path.islink(folder) or os.path.isfile(folder):
        os.unlink(folder)
    elif os.path.isdir(folder):
        shutil.rmtree(folder)
    os.makedirs(folder)


def take(origin, folder):
    """An archive, a folder or one file, into the folder, which is made anew."""
    empty(folder)
    if os.path.isdir(origin):
        shutil.copytree(origin, folder, symlinks=True, dirs_exist_ok=True)
        for at, _, _ in os.walk(folder):
            os.chmod(at, 0o755)
    elif origin.endswith((".tar.gz", ".tgz", ".tar")):
        archive.unpack(origin, folder)
    else:
        shutil.copy2(origin, folder)


def lay_out(root, code, submitted, fetched, channel):
    """The user's files in the folder `code`. `submitted`: sagemaker_submit_directory; `fetched`: where weft puts the archive
    that it names; `channel`: a channel called `code`, or None."""
    if os.path.isfile(fetched) and (not submitted or submitted.startswith("s3://")):
        return take(fetched, code)
    if submitted.startswith("s3://"):
        raise Problem(f"sagemaker_submit_directory: {submitted} was not fetched", theirs=False)
    if submitted:
        origin = files.local_path(root, submitted)
        if origin is None or not os.path.exists(origin):
            raise Problem(f"sagemaker_submit_directory: there is no {submitted}; it is s3://BUCKET/KEY of a .tar.gz, or a path "
                          "that the program can see")
        if os.path.realpath(origin) != os.path.realpath(code):
            take(origin, code)
        return None
    if channel is not None and os.path.isdir(channel):
        packed = os.path.join(channel, ARCHIVE)
        return take(packed if os.path.isfile(packed) else channel, code)
    if os.path.isdir(code) and os.listdir(code):
        return None
    raise Problem("nothing says where the program's source is: set the hyper-parameter `sagemaker_submit_directory` to the "
                  "address of its .tar.gz, or give the job a channel called `code`")


def is_package(code):
    return os.path.isfile(os.path.join(code, "setup.py"))


def command_of(code, name, arguments):
    """How the program is started, in the source directory."""
    check_name(name)
    path = os.path.join(code, name)
    script = name.endswith(".sh") or not (name.endswith(".py") or is_package(code))
    if is_package(code) and not name.endswith(".sh"):
        return [sys.executable, "-m", name.removesuffix(".py"), *arguments]
    if not os.path.isfile(path):
        raise Problem(f"the source directory holds no `{name}`; it holds {files.names_in(code)}")
    if os.path.commonpath([os.path.realpath(code), os.path.realpath(path)]) != os.path.realpath(code):
        raise Problem(f"`{name}` is a link to something outside of the source directory")
    if script:
        os.chmod(path, 0o755)
        return ["/bin/sh", "-c", " ".join([f"./{shlex.quote(name)}", *map(shlex.quote, arguments)])]
    return [sys.executable, name, *arguments]
