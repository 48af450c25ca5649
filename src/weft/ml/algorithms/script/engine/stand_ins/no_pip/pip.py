"""What `pip3` and `python3 -m pip` are in a job where pip is not installed: `install` looks whether all that is asked for
is there, and says what is not. It installs nothing."""
import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from weft_script import requirements  # noqa: E402
from weft_script.problem import Problem  # noqa: E402

WITH_VALUE = ("-i", "--index-url", "--extra-index-url", "-c", "--constraint", "-t", "--target", "-f", "--find-links",
              "--trusted-host", "--cache-dir", "--prefix", "--timeout", "--retries")


def wanted(words):
    """What `install` is asked for."""
    out = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("-r", "--requirement") and rest:
            out += requirements.lines_of(rest.pop(0))
        elif word in WITH_VALUE and rest:
            rest.pop(0)
        elif word.rstrip("=<>!~.0123456789") == "pip":
            continue
        elif not word.startswith("-"):
            out.append(word)
    return out


def main(words):
    if words[:1] in (["--version"], ["-V"]):
        print("no pip is installed here; weft's stand-in for it only looks what is installed")
        return 0
    if words[:1] != ["install"]:
        print(f"ERROR: no pip is installed here, and its stand-in knows `install` alone, not `{' '.join(words[:1])}`",
              file=sys.stderr)
        return 1
    try:
        asked = wanted(words[1:])
    except Problem as problem:
        print(f"ERROR: {problem}", file=sys.stderr)
        return 1
    lacking = [what for line in asked if (what := requirements.lacks(line))]
    for line in asked:
        if not requirements.lacks(line):
            print(f"Requirement already satisfied: {line}")
    if lacking:
        print(f"ERROR: {requirements.explain(lacking)} (pip itself is not installed either.)", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
