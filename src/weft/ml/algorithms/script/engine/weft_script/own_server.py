"""The user's own server program (sagemaker.md 1.5): started with its port, asked by /ping until it is healthy, then
everything goes to /invocations. One thread for the hub's links; one for each connection to the server that is in use."""
import os
import signal
import threading
import time

from weft_script import failure, frames, limits, process, serving_view
from weft_script.connections import Pool, ping, port_is_taken
from weft_script.problem import Problem


def number_of(name, default, least, most):
    text = os.environ.get(name, "")
    if not text:
        return default
    try:
        value = type(default)(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise Problem(f"{name}: `{text}` is no number from {least:g} to {most:g}")
    return value


class OwnServer:
    def __init__(self, view, command, links, watch):
        self.view = view
        self.command = command
        self.links = links
        self.watch = watch
        self.port = number_of("SAGEMAKER_BIND_TO_PORT", limits.PORT, 1, 65535)
        self.startup_s = number_of("SAGEMAKER_STARTUP_TIMEOUT", limits.STARTUP_S, 1, 86_400)
        self.timeout_s = number_of("SAGEMAKER_MODEL_SERVER_TIMEOUT", 0, 0, 86_400)
        connections = number_of("SAGEMAKER_SERVE_CONNECTIONS", limits.CONNECTIONS, 1, limits.CONNECTIONS_MAX)
        self.pool = Pool(self.port, connections, self.timeout_s or None, watch.wake)
        self.tail = process.Tail()
        self.child = None
        self.reader = None

    def run(self):
        """The exit code."""
        self.view.install(lambda text: process.forward(f"{text}\n".encode()))
        self.start()
        try:
            self.wait_until_healthy()
            if not self.watch.stop:
                self.links.tell(frames.READY, "{}")
                self.forward()
            return 0
        finally:
            self.end()

    def start(self):
        directory = self.view.directory()
        if not serving_view.find_program(self.command, directory):
            raise Problem(f"there is no program `{self.command[0]}` to start in {directory} (an image's own programs are not "
                          "here: name one of this machine, or put it into the model's archive)")
        if port_is_taken(self.port):
            raise Problem(f"port {self.port} is taken: a model that shares the machine's network needs SAGEMAKER_BIND_TO_PORT "
                          "of its own, and a server that listens there (PORT)")
        environment = dict(os.environ)
        environment["PORT"] = environment["SAGEMAKER_BIND_TO_PORT"] = str(self.port)
        environment.setdefault("PYTHONUNBUFFERED", "1")
        environment.setdefault("SM_MODEL_DIR", self.view.model)
        self.child = process.start(self.command, directory, environment)
        self.reader = threading.Thread(target=self.read_output, daemon=True)
        self.reader.start()

    def read_output(self):
        pipe = self.child.stdout.fileno()
        while process.drain(pipe, self.tail):
            pass

    def ended(self):
        return self.child.poll() is not None

    def death(self, when):
        """Why it is of no use any more, with its last words."""
        self.reader.join(limits.OUTPUT_GRACE_S)
        code = self.child.returncode
        how = f"exit code {code}" if code >= 0 else failure.name_of_signal(-code)
        words = failure.last_words(self.tail.lines())
        return Problem(f"the server `{self.command[0]}` ended ({how}) {when}" + (f"; its last lines: {words}" if words else ""))

    def wait_until_healthy(self):
        until = time.monotonic() + self.startup_s
        pause, said = 0.02, "nothing listens"
        while not self.watch.stop:
            if self.ended():
                raise self.death("before it was healthy")
            said = ping(self.port, limits.PING_S)
            if not said:
                return
            if time.monotonic() >= until:
                raise Problem(f"GET /ping on port {self.port} was not answered with 200 within {self.startup_s:g} s "
                              f"({said}); its last lines: {failure.last_words(self.tail.lines()) or 'none'}")
            self.watch.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def forward(self):
        """Until the hub closes its links, SIGTERM came and all is answered, or the server ends."""
        while self.links.any_open():
            # Asked to end, it looks once more for what came before.
            ending = self.watch.stop
            self.links.wait(0 if ending else None, reads=self.pool.has_room())
            for link, frame in self.links.frames():
                self.take(link, frame)
            if self.ended():
                problem = self.death("while it served")
                self.pool.close()
                raise problem
            if ending:
                return self.finish()
        return None

    def take(self, link, frame):
        if frame.kind == frames.CANCEL:
            self.pool.cancel(link, frame.id)
        elif frame.kind == frames.INVOKE:
            self.pool.add(link, frame)
        elif frame.kind == frames.INFER:
            link.add(frames.Frame(frames.REPLY, frame.id, 415, b"text/plain", b"", b"",
                                  b"the user's own server takes /invocations, not tensors"))
            link.send()
        elif frame.kind == frames.PING:
            threading.Thread(target=self.ask_health, args=(link,), daemon=True).start()

    def ask_health(self, link):
        """The hub has heard nothing for a while: the server's own word is passed on. One that gives none is taken to hang."""
        said = ping(self.port, limits.PING_S)
        if said:
            return process.forward(f"GET /ping on port {self.port}: {said}\n".encode())
        link.add(frames.Frame(frames.PONG))
        link.send()
        return self.watch.wake()

    def finish(self):
        """What runs is answered, for as long as the server would be given."""
        until = time.monotonic() + limits.STOP_S
        while self.pool.busy() and self.links.any_open() and not self.ended():
            left = until - time.monotonic()
            if left <= 0:
                break
            self.links.wait(left, reads=False)
        self.links.flush()

    def end(self):
        """SIGTERM, and SIGKILL to what is left of it after a while."""
        self.pool.close()
        if self.child is None:
            return
        process.signal_group(self.child, signal.SIGTERM)
        until = time.monotonic() + limits.STOP_S
        while not self.ended() and time.monotonic() < until:
            self.watch.sleep(min(1.0, until - time.monotonic()))
        process.signal_group(self.child, signal.SIGKILL)
        self.child.wait()
        self.reader.join(limits.OUTPUT_GRACE_S)
