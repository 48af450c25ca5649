#!/usr/bin/env python3
"""The laws of the house as a test: who may include whom, names, lengths, banned calls, whole adapter folders.

usage: tidy.py [ROOT]    prints one line a fault, `FILE:LINE: what is wrong; what to do`, and exits 1 when there is one.
"""
import re
import subprocess
import sys
from pathlib import Path

HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 800
FUNCTION_LINES_MAX = 60
COLUMNS_MAX = 100

# pattern, where it is allowed (path prefixes under src/weft, or under the project for tests and bench), what to do instead
BANNED = [
    (r"\bTODO\b|\bFIXME\b|\bXXX\b", [], "finish it, or refuse it by name"),
    (r"^using namespace\b(?! std::\w+_literals;)", [], "name what is used"),
    (r"(?<![\w:])assert\(", [], "use WEFT_ASSERT: it stays on in release"),
    (r"\bstd::endl\b", [], "write '\\n'"),
    (r"\bstd::cout\b|\bstd::cerr\b|(?<!\w)printf\(", ["bench/"], "print through app/printer.h, log through base/log.h"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok)\(", [], "use std::string and std::format"),
    (r"(?<![\w:.>])(system|popen)\(", [], "start programs through net/child.h"),
    (r"\b(rand|srand|random_device)\(", ["base/ids.cc"], "take weft::Random as a parameter"),
    (r"\bsystem_clock::now\b", ["base/clock.cc"], "take weft::Clock as a parameter"),
    (r"\bthis_thread::sleep|\b(usleep|nanosleep)\(", 
     ["base/testing/wait.h", "net/http_server_test.cc", "store/sqlite/crash_test.cc"],
     "wait with base/timers.h, so that it can be cancelled; in a test with base/testing/wait.h"),
    (r"\bboost::asio::detached\b|\basio::detached\b", [], "give the coroutine to a TaskGroup: nothing is forgotten"),
    (r"(?<!\w)throw\b", ["adapters/openapi/yaml.cc"], "return an Error: exceptions never cross a module"),
    (r"\bgetenv\(", ["app/", "hub/variables.cc", "net/", "store/sqlite/crash_test.cc"],
     "the environment is read in app/ and passed in"),
    (r"\bfor \([^;:]*[^:]:[^:;]*\(\)(->|\.)\w+\) *\{?$", [],
     "name the owner first: GCC 14 does not keep a temporary alive in a range"),
    (r"\bdocument_stream\b", [], "simdjson is used on whole documents only"),
]
DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"weft/([^"]+)"')
SNAKE = re.compile(r"^[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9]+)+$")
SERVES_ONLY = {"admin"}  # adapters without a solution side
CALLS_ONLY = {"mqtt"}  # adapters without a caller side


def read_layers(root):
    """{module: [allowed prefixes]} from layers.txt."""
    layers = {}
    for line in (root / "layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            module, _, allowed = line.partition(":")
            layers[module.strip()] = allowed.split()
    return layers


def module_of(path, layers):
    """The longest module name in the table that holds this path (relative to src/weft)."""
    best = ""
    for module in layers:
        if (path == module or path.startswith(module + "/")) and len(module) > len(best):
            best = module
    return best


def adapter_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "adapters" and len(parts) > 2 else ""


def may_include(source, target, layers):
    own = module_of(source, layers)
    theirs = module_of(target, layers)
    if not own or not theirs:
        return False
    if own == "adapters" and adapter_of(target) not in ("", "common"):
        return adapter_of(source) == adapter_of(target)
    if own == theirs:
        return True
    return any(target == allowed or theirs == allowed for allowed in layers[own])


def strip_noise(text):
    """The text with comments and string contents blanked, line by line as before."""
    out = []
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
    at = 0
    for match in pattern.finditer(text):
        out.append(text[at:match.start()])
        found = match.group(0)
        if found.startswith("'") and match.start() > 0 and text[match.start() - 1].isdigit():
            out.append(found)  # a digit separator
        else:
            out.append(re.sub(r"[^\n]", " ", found) if not found.startswith('"') or "weft/" not in found else found)
        at = match.end()
    out.append(text[at:])
    return "".join(out)


def long_functions(code):
    """(line, length) of each function body that is too long: braces opened after `)` outside a type."""
    lines = code.split("\n")
    stack = []
    for number, line in enumerate(lines, 1):
        for column, char in enumerate(line):
            if char == "{":
                before = (lines[number - 2] if number > 1 else "") + " " + line[:column]
                body = re.search(r"\)\s*(const|noexcept|override|final|mutable|->[^{;]*|\s)*$", before)
                keyword = re.search(r"\b(if|for|while|switch|catch|else|do)\b[^;{}]*$", before.split(";")[-1])
                stack.append((number, bool(body) and not keyword))
            elif char == "}" and stack:
                start, is_function = stack.pop()
                if is_function and number - start > FUNCTION_LINES_MAX:
                    yield start, number - start


def check_text(path, text, layers):
    """Faults of one source; path is relative to src/weft. Without LAYERS it is a test or a benchmark, which may include all."""
    faults = []
    lines = text.split("\n")
    limit = HEADER_LINES_MAX if path.endswith(".h") else SOURCE_LINES_MAX
    if len(lines) - 1 > limit:
        faults.append((limit, f"{len(lines) - 1} lines, at most {limit}; it is two things: split it"))
    code = strip_noise(text)
    for number, (line, clean) in enumerate(zip(lines, code.split("\n")), 1):
        if len(line) > COLUMNS_MAX and '"' not in line and "://" not in line:
            faults.append((number, f"{len(line)} columns, at most {COLUMNS_MAX}; run `./dev lint --fix`"))
        include = INCLUDE.match(line)
        if include and layers is not None and not may_include(path, include.group(1), layers):
            faults.append((number, f'`{module_of(path, layers)}` may not include "weft/{include.group(1)}"; '
                                   "layers.txt says who may; move the piece to its room"))
        define = DEFINE.match(clean)
        if define and not define.group(1).startswith("WEFT_"):
            faults.append((number, f"macro {define.group(1)}; macros begin with WEFT_"))
        for pattern, allowed, remedy in BANNED:
            where = line if "TODO" in pattern else clean
            if re.search(pattern, where) and not any(path.startswith(a) for a in allowed):
                faults.append((number, f"`{re.search(pattern, where).group(0)}` is banned; {remedy}"))
    if path.endswith(".h"):
        if "#pragma once" not in text:
            faults.append((1, "no #pragma once; add it"))
        if not text.startswith("//"):
            faults.append((1, "a header opens with what it is, who owns it and which thread may touch it; say so"))
    # A test may be a table of cases as long as its cases are many.
    for number, length in ([] if path.endswith("_test.cc") else long_functions(code)):
        faults.append((number, f"a function of {length} lines, at most {FUNCTION_LINES_MAX}; split it"))
    return faults


def check_adapter(folder):
    """What an adapter's folder lacks."""
    names = [p.name for p in folder.iterdir()]
    wanted = ["README.md", "server.cc"] if folder.name in SERVES_ONLY else [
        "README.md", "codec.h", "client.h", "server.h", "golden"]
    if folder.name in CALLS_ONLY:
        wanted.remove("server.h")
    missing = [name for name in wanted if name not in names]
    for ending, what in (("_test.cc", "a test"), ("_fuzz.cc", "a fuzzer")):
        if not any(name.endswith(ending) for name in names) and not (
                folder.name in SERVES_ONLY and ending == "_fuzz.cc"):
            missing.append(what)
    return missing


def tracked(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in listed if name and (root / name).exists()]


def check_tree(root):
    layers = read_layers(root)
    faults = []
    for name in tracked(root):
        base = Path(name).name
        if name.startswith("src/") and base != "CMakeLists.txt" and not base.isupper() and base != "README.md":
            if "golden" not in name and "corpus" not in name and not SNAKE.match(base):
                faults.append((name, 1, "files are snake_case; rename it"))
        if name.startswith("src/weft/") and name.endswith((".h", ".cc")):
            path = name[len("src/weft/"):]
            for line, what in check_text(path, (root / name).read_text(), layers):
                faults.append((name, line, what))
        if name.startswith(("tests/", "bench/")) and name.endswith((".h", ".cc")):
            for line, what in check_text(name, (root / name).read_text(), None):
                faults.append((name, line, what))
    adapters = root / "src/weft/adapters"
    for folder in sorted(p for p in adapters.iterdir() if p.is_dir() and p.name != "common"):
        for what in check_adapter(folder):
            faults.append((str(folder.relative_to(root)), 1, f"the adapter lacks {what}; an adapter is complete in its folder"))
    return faults


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    faults = check_tree(root)
    for name, line, what in faults:
        print(f"{name}:{line}: {what}")
    print(f"tidy: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
