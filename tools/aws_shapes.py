#!/usr/bin/env python3
"""aws_shapes.py: what the members of AWS requests may be, as facts in a small text.

  aws_shapes.py extract SERVICE OPERATION…   from botocore's service model, to standard output; `-OPERATION`: without
                                             its answer. The service's other operations are written as refused.
  aws_shapes.py compile FILE OUT.cc NAME     the text as tables for C++

The text, one shape a line (members below their structure, indented; `!` marks the required ones; a line indented by
four goes on with the one before):

  operation CreateModel CreateModelInput CreateModelOutput
  refused CreateApp CreateDomain …
  structure CreateModelInput
    ModelName! ModelName
  string ModelName 0..63 /[a-zA-Z0-9]…/
  enum Mode SingleModel MultiModel
  integer Count 1..
  list Models 1..15 Model
  map Environment ..100 Key Value
"""
import os
import sys
import textwrap

SIMPLE = {"boolean", "timestamp", "blob"}
NUMBERS = {"integer", "long", "float", "double"}


def bounds(shape):
    low, high = shape.get("min"), shape.get("max")
    if low is None and high is None:
        return ""
    return f" {'' if low is None else low:}..{'' if high is None else high}"


def filled(line):
    return textwrap.fill(line, 120, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def line_of(name, shape):
    kind = shape["type"]
    if "enum" in shape:
        return filled(f"enum {name} " + " ".join(shape["enum"]))
    if kind == "structure":
        required = set(shape.get("required", []))
        lines = [f"structure {name}"]
        for member, what in shape["members"].items():
            lines.append(f"  {member}{'!' if member in required else ''} {what['shape']}")
        return "\n".join(lines)
    if kind == "list":
        return f"list {name}{bounds(shape)} {shape['member']['shape']}"
    if kind == "map":
        return f"map {name}{bounds(shape)} {shape['key']['shape']} {shape['value']['shape']}"
    if kind == "string":
        pattern = shape.get("pattern")
        return f"string {name}{bounds(shape)}" + (f" /{pattern}/" if pattern else "")
    if kind in NUMBERS:
        return f"{kind} {name}{bounds(shape)}"
    if kind in SIMPLE:
        return f"{kind} {name}"
    sys.exit(f"aws_shapes: {name} is a {kind}, which has no line here")


def extract(service, wanted):
    import botocore
    from botocore.loaders import Loader

    model = Loader().load_service_model(service, "service-2")
    shapes, seen = model["shapes"], {}

    def walk(name):
        if name in seen:
            return
        shape = shapes[name]
        seen[name] = shape
        for member in shape.get("members", {}).values():
            walk(member["shape"])
        for key in ("member", "key", "value"):
            if key in shape:
                walk(shape[key]["shape"])

    lines = []
    for operation in wanted:
        bare = operation.lstrip("-")
        about = model["operations"][bare]
        ends = []
        for key in ("input", "output"):
            name = about.get(key, {}).get("shape", "-")
            if key == "output" and operation.startswith("-"):
                name = "-"
            if name != "-":
                walk(name)
            ends.append(name)
        lines.append(f"operation {bare} {ends[0]} {ends[1]}")
    print(f"# Facts of {service} ({model['metadata']['apiVersion']}), read from botocore's service model by tools/aws_shapes.py.")
    print("\n".join(lines))
    others = sorted(set(model["operations"]) - {operation.lstrip("-") for operation in wanted})
    print(filled("refused " + " ".join(others)))
    for name in sorted(seen):
        print(line_of(name, seen[name]))


def parse(path):
    """(operations, refused, shapes) of the text."""
    operations, refused, shapes = [], [], {}
    open_words = refused  # what a line indented by four goes on with
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        if line.startswith("    "):
            open_words += line.split()
            continue
        if line.startswith("  "):
            name, shape = line.split()
            shapes[current]["members"].append((name.rstrip("!"), name.endswith("!"), shape))
            continue
        kind, rest = line.split(" ", 1)
        if kind == "operation":
            operations.append(rest.split())
            continue
        if kind == "refused":
            refused += rest.split()
            continue
        pattern = ""
        if kind == "string" and rest.endswith("/") and " /" in rest:
            rest, pattern = rest.split(" /", 1)
            pattern = pattern[:-1]
        words = rest.split()
        name, words = words[0], words[1:]
        low = high = ""
        if words and ".." in words[0] and kind != "enum":
            low, high = words.pop(0).split("..")
        current, open_words = name, words
        shapes[name] = {"kind": kind, "low": low, "high": high, "pattern": pattern, "words": words, "members": []}
    return operations, refused, shapes


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '"'


HEAD = """// Made from {source} by tools/aws_shapes.py.
#include "weft/adapters/sagemaker/aws/shapes.h"

namespace weft::adapters::sagemaker {{
namespace {{

using Kind = Shape::Kind;

"""
TAIL = """}}  // namespace

const Shapes& {name}() {{
  static constexpr Shapes kAll{{kShapes, kMembers, kWords, kOperations, kRefused}};
  return kAll;
}}

}}  // namespace weft::adapters::sagemaker
"""


def table(kind, label, rows):
    """A span over a table, which may be empty."""
    if not rows:
        return f"constexpr std::span<const {kind}> {label};\n"
    return f"constexpr {kind} {label}[] = {{\n    " + ",\n    ".join(rows) + "};\n"


def compile_(path, out, name):
    operations, refused, shapes = parse(path)
    index = {shape: i for i, shape in enumerate(sorted(shapes))}
    members, words, rows = [], [], []
    for shape in sorted(shapes):
        about = shapes[shape]
        first, count = 0, 0
        refs = ["0", "0"]
        if about["kind"] == "structure":
            first, count = len(members), len(about["members"])
            for member, required, of in about["members"]:
                members.append(f"{{{quoted(member)}, {index[of]}, {'true' if required else 'false'}}}")
        elif about["kind"] == "enum":
            first, count = len(words), len(about["words"])
            words += [quoted(word) for word in about["words"]]
        else:
            refs = ([str(index[word]) for word in about["words"]] + refs)[:2]
        low = about["low"] or "kUnbounded"
        high = about["high"] or "kUnbounded"
        rows.append(f"{{Kind::{about['kind']}_, {first}, {count}, {refs[0]}, {refs[1]}, {low}, {high}, "
                    f"{quoted(about['pattern'])}, {quoted(shape)}}}")
    of = {**index, "-": "kNone"}
    ends = [f"{{{quoted(operation)}, {of[i]}, {of[o]}}}" for operation, i, o in sorted(operations)]
    with open(out, "w", encoding="utf-8") as file:
        file.write(HEAD.format(source=os.path.basename(path)))
        file.write(table("Shape::Member", "kMembers", members))
        file.write(table("std::string_view", "kWords", words))
        file.write(table("Shape", "kShapes", rows))
        file.write(table("ShapedOperation", "kOperations", ends))
        file.write(table("std::string_view", "kRefused", [quoted(word) for word in sorted(refused)]))
        file.write(TAIL.format(name=name))


def main(arguments):
    if len(arguments) >= 3 and arguments[0] == "extract":
        return extract(arguments[1], arguments[2:])
    if len(arguments) == 4 and arguments[0] == "compile":
        return compile_(*arguments[1:])
    sys.exit(__doc__)


main(sys.argv[1:])
