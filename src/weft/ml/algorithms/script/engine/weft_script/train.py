"""A training job: lays out the user's source, runs it with the toolkit's environment (or the job's own command as it is),
and leaves what the hub looks for: artifacts/*.tar.gz, output/failure."""
import os
import shutil
import signal
import sys
import traceback

from weft_script import archive, failure, files, process, requirements, source, toolkit
from weft_script.problem import Problem
from weft_script.training_view import TrainingView


def log(text):
    process.forward(f"{text}\n".encode("utf-8", "replace"))


def environment_of(view, with_script):
    """This program's own, and what a script of SageMaker's finds."""
    out = dict(os.environ)
    out.setdefault("PYTHONUNBUFFERED", "1")
    out.setdefault("OMP_NUM_THREADS", str(view.threads))
    out.update(requirements.pip_environment(view.root, view.code))
    out.update(toolkit.variables(view, with_script))
    paths = [view.code, os.environ.get("PYTHONPATH", ""), files.TOOLKITS] if with_script else [os.environ.get("PYTHONPATH", "")]
    if any(paths):
        out["PYTHONPATH"] = ":".join(filter(None, paths))
    requirements.offer_pip(out, view.root)
    return out


def prepare(view):
    """The user's program: its command and environment."""
    toolkit.check_supported(view.hyperparameters)
    name = view.text_of("sagemaker_program")
    source.check_name(name)
    channel = view.channel("code") if "code" in view.channels else None
    source.lay_out(view.root, view.code, view.text_of("sagemaker_submit_directory"),
                   os.path.join(view.config, source.ARCHIVE), channel)
    command = source.command_of(view.code, name, toolkit.user_arguments(toolkit.split(view.hyperparameters)[0]))
    environment = environment_of(view, with_script=True)
    requirements.install(view.code, environment, log)
    if source.is_package(view.code):
        requirements.install_module(view.code, environment, log)
    return command, environment


def check_command(command, folder, environment):
    """ContainerEntrypoint is a program that can be found."""
    if "/" in command[0]:
        found = os.access(os.path.join(folder, command[0]), os.X_OK)
    else:
        found = shutil.which(command[0], path=environment.get("PATH", os.defpath)) is not None
    if not found:
        raise Problem(f"ContainerEntrypoint: there is no program `{command[0]}` here; an image's own files are not: name a "
                      "program of this machine, or one of a channel under /opt/ml/input/data")


def run_program(view, arguments, watch):
    """The return code, and the words for its failure."""
    if arguments.command:
        command, folder = arguments.command, "/"
        environment = environment_of(view, with_script=False)
        check_command(command, folder, environment)
    else:
        command, environment = prepare(view)
        folder = view.code
    log("Invoking: " + " ".join(command))
    if watch.stop:
        return -signal.SIGTERM, ""
    return_code, tail = process.run(command, folder, environment, watch)
    return return_code, failure.script_failure(return_code, tail, command) if return_code else ""


def pack(view):
    """What the program left, where the hub looks for it."""
    os.makedirs(view.artifacts, exist_ok=True)
    for folder, name in ((view.model, "model.tar.gz"), (view.output_data, "output.tar.gz")):
        if os.path.isdir(folder) and not os.path.islink(folder):
            archive.pack(folder, os.path.join(view.artifacts, name))


def report(view, text):
    log(text)
    if not failure.has_reason(view.failure):
        failure.write(view.failure, text)


def end_as(return_code):
    """As the script did: the hub begins a job again whose program was killed."""
    if return_code >= 0:
        return return_code
    number = -return_code
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number


def run(arguments):
    """The exit code."""
    try:
        view = TrainingView(arguments.root)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    watch = process.Watch()
    return_code = 1
    try:
        return_code, words = run_program(view, arguments, watch)
        if return_code:
            report(view, words)
        else:
            failure.write(os.path.join(view.output, "success"), "")
        # Also of a run that failed: people want to look.
        pack(view)
    except Problem as problem:
        report(view, problem.reason())
        return_code = return_code or 1
    except OSError as error:
        log(traceback.format_exc())
        report(view, f"AlgorithmError: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return_code = return_code or 1
    return end_as(return_code)
