"""requirements.txt: whether all of it is there, and pip where it is not. A job has no network unless it asked for one, so
mostly the answer is to say what is missing."""
import importlib.metadata
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile

from weft_script import files, limits, versions
from weft_script.problem import Problem

FILE = "requirements.txt"
LINE = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*\(?([^;()@]*)\)?\s*(?:;(.*))?")
INCLUDED_MAX = 20


def lines_of(path, depth=0):
    """The requirements of a file and of those that it includes."""
    if depth > INCLUDED_MAX:
        raise Problem(f"{FILE}: files that include each other")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(limits.CONFIG_BYTES_MAX)
    except OSError as error:
        raise Problem(f"cannot read {os.path.basename(path)}: {error.strerror}") from None
    out = []
    for line in text.replace("\\\n", " ").split("\n"):
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not line:
            continue
        included = re.fullmatch(r"(?:-r|--requirement)[\s=]+(\S+)", line)
        if included:
            out += lines_of(os.path.join(os.path.dirname(path), included.group(1)), depth + 1)
        elif re.match(r"(-e|--editable)\b", line) or not line.startswith("-"):
            out.append(re.sub(r"\s--(hash|config-settings|global-option).*$", "", line))
    return out


def installed_version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def lacks(line):
    """What is missing of a requirement; empty: nothing."""
    found = LINE.fullmatch(line)
    if found is None:
        return line
    name, _, wanted, marker = found.groups()
    try:
        if marker and not versions.Marker(marker).holds():
            return ""
        have = installed_version(name)
        shown = name + wanted.replace(" ", "")
        if have is None:
            return shown
        clauses = [clause for clause in wanted.split(",") if clause.strip()]
        fulfilled = all(versions.fulfils(have, clause) for clause in clauses)
        return "" if fulfilled else f"{shown} ({have} is installed)"
    except ValueError:
        return line


def missing(path):
    return [what for line in lines_of(path) if (what := lacks(line))]


def has_network():
    return any(name != "lo" for _, name in socket.if_nameindex())


def has_pip():
    found = importlib.util.find_spec("pip")
    return found is not None and found.submodule_search_locations is not None


def pip_environment(root, code):
    """Where pip installs: the job's own folder, for the machine's is read-only; without a network it asks nobody."""
    out = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore",
           "PIP_CACHE_DIR": os.path.join(tempfile.gettempdir(), "pip"), "PYTHONUSERBASE": os.path.join(root, "packages")}
    if sys.prefix == sys.base_prefix:
        out |= {"PIP_USER": "1", "PIP_BREAK_SYSTEM_PACKAGES": "1"}
    if not has_network():
        out |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": code}
    return {name: value for name, value in out.items() if name not in os.environ}


def user_packages(environment):
    """The folder of what pip_environment() had installed."""
    base = environment.get("PYTHONUSERBASE") or os.environ.get("PYTHONUSERBASE", "")
    return os.path.join(base, f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")


def explain(lacking, has_been_tried=""):
    shown = "; ".join(lacking[:10]) + (f"; and {len(lacking) - 10} more" if len(lacking) > 10 else "")
    network = "" if has_network() else " The program has no network, so nothing is fetched."
    return (f"{FILE} asks for what is not installed here: {shown}.{network} Install it on this machine (Debian: "
            f"apt-get install python3-NAME), or put its wheels beside {FILE}.{has_been_tried}")


def pip_install(words, folder, environment, log):
    log(f"pip install {' '.join(words)}")
    try:
        done = subprocess.run([sys.executable, "-m", "pip", "install", *words], cwd=folder, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limits.INSTALL_S)
    except subprocess.TimeoutExpired:
        return f"pip took more than {limits.INSTALL_S} s"
    text = done.stdout.decode("utf-8", "replace").strip()
    log(text)
    if done.returncode == 0:
        return ""
    errors = [line for line in text.split("\n") if line.startswith("ERROR")]
    return (errors or text.split("\n") or ["it said nothing"])[-1]


def install(code, environment, log):
    """What requirements.txt of a source directory asks for. A problem says what is missing and what to do."""
    path = os.path.join(code, FILE)
    if not os.path.isfile(path):
        return
    lacking = missing(path)
    if not lacking:
        return log(f"{FILE}: all of it is installed")
    if not has_pip():
        raise Problem(f"InstallRequirementsError: {explain(lacking)} (pip itself is not installed either.)")
    said = pip_install(["-r", FILE], code, environment, log)
    if said:
        raise Problem(f"InstallRequirementsError: {explain(lacking, f' pip: {said}')}")


def install_module(code, environment, log):
    """A source directory with a setup.py. What it needs besides is in requirements.txt."""
    if not has_pip() or importlib.util.find_spec("setuptools") is None:
        return log("setup.py: without pip and setuptools the package is run from where it lies")
    said = pip_install(["--no-deps", "--no-build-isolation", "."], code, environment, log)
    if said:
        raise Problem(f"InstallModuleError: the package of setup.py could not be installed: {said}")


def offer_pip(environment, root):
    """Scripts of the SDK look for `pip3`, and begin with `python3 -m pip install -r …`. Where pip is not installed they find
    what looks whether everything is there (stand_ins/no_pip/pip.py)."""
    if has_pip():
        return
    path = environment.get("PATH", os.defpath)
    if shutil.which("pip3", path=path) or shutil.which("pip", path=path):
        return
    folder = os.path.join(root, "packages/no_pip")
    os.makedirs(folder, exist_ok=True)
    script = os.path.join(folder, "pip3")
    with open(script, "w", encoding="ascii") as file:
        file.write('#!/bin/sh\nexec python3 -m pip "$@"\n')
    os.chmod(script, 0o755)
    environment["PATH"] = f"{path}:{folder}"
    environment["PYTHONPATH"] = ":".join(filter(None, [environment.get("PYTHONPATH", ""), files.NO_PIP]))
