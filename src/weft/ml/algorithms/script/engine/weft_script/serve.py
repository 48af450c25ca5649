"""Serving: finds out what is to be served, and says `ready` or why not on every link."""
import faulthandler
import logging
import os
import sys
import traceback

from weft_script import frames, handler, process, script_server, signature
from weft_script.links import Links
from weft_script.own_server import OwnServer
from weft_script.problem import Problem
from weft_script.serving_view import ServingView


def log(text):
    print(text, flush=True)


def log_as_containers_do():
    """Lines at once, and the script's own logging from INFO on."""
    sys.stdout.reconfigure(line_buffering=True)
    faulthandler.enable()
    try:
        level = int(os.environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL", logging.INFO))
    except ValueError:
        level = logging.INFO
    logging.basicConfig(format="%(asctime)s %(levelname)s - %(name)s - %(message)s", level=level)


def load_script(view):
    """The user's functions with the model they load."""
    view.install(log)
    name = view.program()
    if name is None:
        module = None
    else:
        os.chdir(view.directory())
        module = handler.import_script(view.code, name)
    try:
        host = handler.Handler(module, view.model)
        return host, signature.read(host)
    except Problem:
        raise
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        raise Problem(f"{name or 'the model'} does not load: {handler.last_line(error)}") from None


def serve(arguments, links, watch):
    view = ServingView(arguments.root)
    command = view.command()
    if command is not None:
        log(f"Invoking: {' '.join(command)}")
        return OwnServer(view, command, links, watch).run()
    log_as_containers_do()
    host, told = load_script(view)
    links.tell(frames.READY, signature.written(told))
    script_server.ScriptServer(host, told, links, watch).run()
    return 0


def run(arguments):
    """The exit code."""
    watch = process.Watch()
    links = Links(arguments.links, watch)
    try:
        return serve(arguments, links, watch)
    except Problem as problem:
        why = str(problem)
    except frames.FrameError as error:
        why = f"the hub cannot be understood: {error}"
    except OSError as error:
        traceback.print_exc()
        why = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    print(why, file=sys.stderr, flush=True)
    links.tell(frames.FAILED, why)
    return 1
