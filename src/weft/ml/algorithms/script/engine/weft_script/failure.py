"""Why a program failed, as sagemaker-training-toolkit words it (ExecuteUserScriptError), with its last lines. weft shows
the beginning of it as FailureReason, so all that counts has to fit there."""
import os
import shlex
import signal

from weft_script import limits

TRACEBACK = "Traceback (most recent call last):"
# What SageMaker's own drivers (SDK 3) leave when the script fails: their own traceback, or no reason at all.
DRIVERS = ("subprocess.CalledProcessError", "Training Execution failed. For more details")
LINES_WITHOUT_TRACEBACK = 10


def blocks_of(lines):
    """The tracebacks in them, each up to its exception."""
    starts = [i for i, line in enumerate(lines) if line.endswith(TRACEBACK)]
    return [lines[start:end] for start, end in zip(starts, starts[1:] + [len(lines)])]


def is_drivers(block):
    return any(DRIVERS[0] in line for line in block)


def traceback_end(block):
    """A traceback up to the exception's words; what is written behind those is none of it."""
    for i in range(1, len(block)):
        if not block[i].startswith((" ", "\t")):
            out = block[:i + 1]
            for line in block[i + 1:]:
                # An exception's message may have more lines; a log's lines and those of `set -x` are none of them.
                if len(out) - i > 8 or line.startswith(("+ ", "Command failed", "An error occurred")):
                    break
                out.append(line)
            return out
    return block


def last_words(lines):
    """The last traceback of the user's own, otherwise the last lines; cut at the front."""
    own = [block for block in blocks_of(lines) if not is_drivers(block)]
    if own:
        words = traceback_end(own[-1])
    else:
        ends = [i for i, line in enumerate(lines) if line.endswith(TRACEBACK)]
        words = lines[:ends[0] if ends else len(lines)][-LINES_WITHOUT_TRACEBACK:] or lines
    text = "\n".join(words)
    if len(text) <= limits.WORDS_MAX:
        return text
    return "…" + text[-limits.WORDS_MAX:]


def name_of_signal(number):
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"


def script_failure(return_code, tail, command):
    words = last_words(tail.lines())
    shown = " ".join(command) if command[0] != "/bin/sh" else shlex.join(command)
    if len(shown) > limits.COMMAND_MAX:
        shown = shown[:limits.COMMAND_MAX] + "…"
    extra = ""
    if return_code < 0:
        extra = f'\nExtraInfo "It was ended by {name_of_signal(-return_code)}"'
    elif return_code == 137:
        extra = '\nExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"'
    return f'ExecuteUserScriptError:\nExitCode {return_code}\nErrorMessage "{words}"{extra}\nCommand "{shown}"'


def has_reason(path):
    """Whether the program itself said why, for people to read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(limits.TAIL_BYTES)
    except OSError:
        return False
    return bool(text.strip()) and not any(words in text for words in DRIVERS)


def write(path, text):
    """Where SageMaker looks for it (a link there is not followed)."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = path + ".partial"
    with open(partial, "w", encoding="utf-8", errors="replace") as file:
        file.write(text)
    os.replace(partial, path)
