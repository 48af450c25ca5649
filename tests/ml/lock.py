#!/usr/bin/env python3
"""lock.py UV NAME…: makes NAME.lock.txt of NAME.in anew: every package with its version and the digests of its files.

No addresses are in it, so that whatever index pip is set to may serve it. UV is the program `uv` (from PyPI)."""
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Debian 13's own.
PYTHON = "3.13"
PYTHON_TAGS = ("cp313", "py3", "py2.py3", "abi3")
SYSTEM_TAGS = ("manylinux", "linux_", "any")


def fits(file_name):
    """Whether Debian 13's Python takes this wheel, on whatever processor."""
    python, abi, system = file_name.removesuffix(".whl").split("-")[-3:]
    known = any(tag in python.split(".") or tag == abi for tag in PYTHON_TAGS)
    return known and not abi.endswith("t") and any(tag in system for tag in SYSTEM_TAGS)


def digests(package):
    """Of its wheels that fit, and of its sources."""
    wheels = [w for w in package.get("wheels", []) if fits(w.get("name") or w["url"].rsplit("/", 1)[1])]
    files = wheels + ([package["sdist"]] if "sdist" in package else [])
    return sorted({file["hashes"]["sha256"] for file in files})


def lock(uv, name):
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "pylock.toml"
        subprocess.run([uv, "pip", "compile", "--quiet", "--python-version", PYTHON, "--format", "pylock.toml",
                        HERE / f"{name}.in", "-o", made], check=True)
        packages = tomllib.loads(made.read_text())["packages"]
    lines = [f"# Made by lock.py of {name}.in."]
    for package in packages:
        lines.append(f"{package['name']}=={package['version']} \\")
        lines += [f"    --hash=sha256:{digest} \\" for digest in digests(package)]
        lines[-1] = lines[-1].removesuffix(" \\")
    (HERE / f"{name}.lock.txt").write_text("\n".join(lines) + "\n")
    print(f"{name}.lock.txt: {len(packages)} packages")


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    for name in sys.argv[2:]:
        lock(sys.argv[1], name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
