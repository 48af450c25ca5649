#!/usr/bin/env python3
"""lint_each.py WHAT COMMAND…: runs COMMAND with each of the files that standard input names, as many at a time as there are
cores; prints what those say that are not clean, and ends with 1 when there were any.

A file that was clean is not looked at again until something that it is read with changes: itself, what it includes of
the project, the command, the settings, how it is compiled (where the command says `-p FOLDER`), or a package of the system.
Remembered beside ccache, by content, so that any checkout serves another.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

SETTINGS = (".clang-tidy", "cmake/pch.h")
INCLUDE = re.compile(rb'^\s*#include "(weft/[^"]+)"', re.MULTILINE)
CHATTER = re.compile(r"^\d+ warnings? generated|^Suppressed |^Use -header-filter|^\[\d+/\d+\] Processing")
FORGOTTEN_AFTER_S = 30 * 24 * 3600


def memory():
    cache = os.environ.get("WEFT_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weft"
    folder = Path(cache) / "lint"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_old(folder):
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > FORGOTTEN_AFTER_S:
            file.unlink(missing_ok=True)


class Project:
    """What every file is read with, and what each includes."""

    def __init__(self, top, command):
        self.top = top
        self.texts = {}
        shared = hashlib.sha256()
        for word in command:
            shared.update(self.anywhere(word) + b"\0")
        for name in SETTINGS:
            shared.update(self.text(name) + b"\0")
        packages = subprocess.run(["dpkg-query", "-W"], capture_output=True, check=True)
        shared.update(packages.stdout)
        self.shared = shared.digest()
        self.flags = {}
        if "-p" in command:
            compiled = json.loads((Path(command[command.index("-p") + 1]) / "compile_commands.json").read_text())
            self.flags = {os.path.relpath(one["file"], top): self.anywhere(one["command"]) for one in compiled}

    def anywhere(self, words):
        return words.replace(str(self.top), "").encode()

    def text(self, name):
        if name not in self.texts:
            path = self.top / name
            self.texts[name] = path.read_bytes() if path.exists() else b""
        return self.texts[name]

    def closure(self, name):
        seen, todo = set(), [name]
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo += ["src/" + include.decode() for include in INCLUDE.findall(self.text(one))]
        return sorted(seen)

    def key(self, name):
        key = hashlib.sha256(self.shared + self.flags.get(name, b""))
        for one in self.closure(name):
            key.update(one.encode() + b"\0" + hashlib.sha256(self.text(one)).digest())
        return key.hexdigest()

    def unchanged(self, name):
        """Whether all is still as the key was made of: somebody may edit meanwhile."""
        return all((self.top / one).exists() and (self.top / one).read_bytes() == self.text(one) for one in self.closure(name))


def look_at(command, name):
    done = subprocess.run([*command, name], capture_output=True, text=True, errors="replace")
    said = [line for line in (done.stdout + done.stderr).splitlines() if not CHATTER.match(line)]
    clean = done.returncode == 0 and not any("warning:" in line or "error:" in line for line in said)
    return name, clean, "\n".join(said)


def main():
    what, command = sys.argv[1], sys.argv[2:]
    names = sys.stdin.read().split()
    project = Project(Path.cwd(), command)
    folder = memory()
    forget_old(folder)
    todo = {}
    for name in names:
        note = folder / project.key(name)
        if note.exists():
            note.touch()
        else:
            todo[name] = note
    print(f"{what}: {len(names)} files, {len(names) - len(todo)} as they were when they were clean", flush=True)
    bad = 0
    workers = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
    try:
        looks = [workers.submit(look_at, command, name) for name in todo]
        for at, look in enumerate(as_completed(looks), 1):
            name, clean, said = look.result()
            bad += not clean
            if clean and project.unchanged(name):
                todo[name].touch()
            print(f"[{at}/{len(todo)}] {name}" + ("" if clean else "\n" + said), flush=True)
    finally:
        workers.shutdown(cancel_futures=True)  # interrupted, it begins no other
    if bad:
        print(f"{what}: {bad} files with findings, above", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
