"""The command line, the same as every worker's (ml/worker/program.h), and what it begins."""
import sys
from typing import NamedTuple

from weft_script.problem import Problem

USAGE = "a worker is started by weft: train|serve --root DIR [--link-fd N]… [-- COMMAND ARGUMENT…]"


class Arguments(NamedTuple):
    verb: str
    root: str
    links: list
    command: list  # train: what is run instead of the hyper-parameters' program


def read_arguments(words):
    if len(words) < 2 or words[1] not in ("train", "serve"):
        raise Problem(USAGE)
    root, links, command = "/opt/ml", [], []
    rest = list(words[2:])
    while rest:
        name = rest.pop(0)
        if name == "--" and words[1] == "train":
            command, rest = rest, []
            if not command:
                raise Problem(USAGE)
        elif not rest:
            raise Problem(USAGE)
        elif name == "--root":
            root = rest.pop(0)
        elif name == "--link-fd" and rest[0].isascii() and rest[0].isdigit():
            links.append(int(rest.pop(0)))
        else:
            raise Problem(USAGE)
    return Arguments(words[1], root, links, command)


def main(words):
    """The exit code."""
    try:
        arguments = read_arguments(words)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    if arguments.verb == "train":
        from weft_script import train
        return train.run(arguments)
    from weft_script import serve
    return serve.run(arguments)
