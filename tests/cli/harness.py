"""What the tests of the command line share: a REST service, a model, a hub, and waiting with a deadline."""
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request
from pathlib import Path

WEFT = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else Path("build/release/bin/weft").resolve()

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Clock Tower", "version": "1"},
    "paths": {"/add/{a}": {"get": {
        "operationId": "add",
        "summary": "Adds two numbers",
        "parameters": [
            {"name": "a", "in": "path", "required": True, "schema": {"type": "integer"}},
            {"name": "b", "in": "query", "required": True, "schema": {"type": "integer"}}],
        "responses": {"200": {"description": "the sum", "content": {"application/json": {"schema": {
            "type": "object", "properties": {"sum": {"type": "integer"}}}}}}}}},
        "/wait": {"get": {"operationId": "wait", "responses": {"200": {"description": "when the test says so"}}}},
        "/fail": {"get": {"operationId": "fail", "responses": {"200": {"description": "never"}}}}},
}


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/openapi.json":
            return self.reply(200, DOCUMENT)
        self.server.asked.append(self.path)
        if self.path.startswith("/add/"):
            path, _, query = self.path.partition("?b=")
            return self.reply(200, {"sum": int(path.rsplit("/", 1)[1]) + int(query)})
        if self.path == "/wait":
            self.server.entered.release()
            self.server.go.wait(90)
            return self.reply(200, {"waited": True})
        if self.path == "/fail":
            return self.reply(500, {"message": "the gears are stuck"})
        return self.reply(404, {"message": "not here"})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(404, {"message": "not here"})


class Model(Service):
    """Says back the words it got, each in a chunk of its own; the last ones when the test says so."""

    def do_GET(self):
        if self.path == "/v1/models":
            return self.reply(200, {"object": "list", "data": [{"id": "parrot", "object": "model"}]})
        self.reply(404, {"error": {"message": "not here"}})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.path != "/v1/chat/completions" or not asked.get("messages"):
            return self.reply(404, {"error": {"message": "not here"}})
        content = asked["messages"][-1]["content"]
        words = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for at, word in enumerate(re.findall(r"\S+\s*", words)):
            if at == 1:
                self.server.go.wait(90)
            self.chunk({"content": word}, None)
        self.chunk({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def chunk(self, delta, finish):
        self.wfile.write(b"data: " + json.dumps({
            "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "parrot",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode() + b"\n\n")
        self.wfile.flush()


class Server(http.server.ThreadingHTTPServer):
    """A solution: `asked` is what it was asked, `entered` counts the calls that wait for `go`."""
    daemon_threads = True

    def __init__(self, handler=Service):
        super().__init__(("127.0.0.1", 0), handler)
        self.asked = []
        self.taken = []
        self.entered = threading.Semaphore(0)
        self.go = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a caller that went away

    def get_request(self):
        taken = super().get_request()
        self.taken.append(taken[0])
        return taken

    def end(self):
        """Nothing listens any more, and what was open is closed."""
        if self.fileno() < 0:
            return
        self.go.set()
        self.shutdown()
        self.server_close()
        for connection in self.taken:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # gone before


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(what, question, seconds=10):
    """The first answer that counts as true."""
    until = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def shown_exit(code):
    """What a shell says in $?."""
    return code if code >= 0 else 128 - code


def help_of(*path):
    return subprocess.run([WEFT, *path, "--help"], capture_output=True, text=True, timeout=20).stdout


def walk_help(*path):
    """(command, its options, the commands below it) of `weft` and everything below, as --help lists them."""
    shown = help_of(*path)
    options = set(re.findall(r"^  (?:-\w,)?(?:-\w, *)?(--[a-z]+)", shown, re.MULTILINE))
    below = re.search(r"^(?:Subcommands|SUBCOMMANDS):\n((?:  .*\n)+)", shown, re.MULTILINE)
    names = re.findall(r"^  (\w+)", below.group(1), re.MULTILINE) if below else []
    yield path, options, names
    for name in names:
        yield from walk_help(*path, name)


class Lines:
    """The lines of a pipe as they come."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.lines = []
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        for line in self.pipe:
            self.lines.append(line)

    def text(self):
        return "".join(self.lines)

    def wait(self, text, seconds=10):
        return eventually(f"`{text}` in: {self.text()}", lambda: next((line for line in self.lines if text in line), None), seconds)

    def close(self):
        self.thread.join(10)
        self.pipe.close()


class Hub:
    def __init__(self, folder, *options, config=None, env=None, through=(), port=None):
        self.folder = Path(folder)
        self.port = port or free_port()
        self.data = self.folder / "data"
        command = [*through, WEFT, "up", "--listen", f"127.0.0.1:{self.port}", "--data", self.data, *options]
        if "--log" not in options:
            command += ["--log", "error"]
        if config is not None:
            (self.folder / "weft.yaml").write_text(config)
            command += ["-c", self.folder / "weft.yaml"]
        self.env = {**os.environ, "WEFT_HUB": f"unix:{self.data}/weft.sock"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
                                        env={**os.environ, **(env or {})})
        self.printed = Lines(self.process.stdout)
        self.said = Lines(self.process.stderr)
        self.wait()

    def wait(self):
        """For its own word: at its port there may still be what a killed one left to a process that it was starting."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if self.printed.lines:
                return
            if self.process.poll() is not None:
                self.stop()
                raise AssertionError(self.said.text())
            time.sleep(0.02)
        self.stop(signal.SIGKILL)
        raise AssertionError("the hub does not say where it listens")

    def run(self, *words, stdin=None, env=None, seconds=30):
        return subprocess.run([WEFT, *map(str, words)], capture_output=True, text=True, input=stdin, timeout=seconds,
                              env={**self.env, **(env or {})}, cwd=self.folder)

    def begin(self, *words, **more):
        return subprocess.Popen([WEFT, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=self.env, cwd=self.folder, **more)

    def ask(self, method, path, body=None, headers=None):
        """(status, headers, text) of the admin API over its socket."""
        connection = UnixConnection(self.data / "weft.sock")
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def has_joined(self, *names):
        def up():
            listed = json.loads(self.run("ls", "--json").stdout)["solutions"]
            return {s["id"] for s in listed if s["health"] == "up"} >= set(names)
        eventually(f"{names} joined", up)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.ended(35)

    def ended(self, seconds):
        """What it ended with; it was told to end before."""
        try:
            self.process.wait(seconds)
        finally:
            self.process.kill()
            self.process.wait()
            self.printed.close()
            self.said.close()
        return self.process.returncode


class Mcp:
    """A client of MCP's older era: one session, one request at a time; what comes before its answer is skipped."""

    def __init__(self, url, capabilities=None, key=None):
        self.url = url
        self.headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        self.id = 0
        self.call("initialize", {"protocolVersion": "2025-06-18", "capabilities": capabilities or {},
                                 "clientInfo": {"name": "test", "version": "1"}})
        self.headers["MCP-Protocol-Version"] = "2025-06-18"
        self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, method, params):
        """The answer's `result`, or `error`."""
        self.id += 1
        answer = self.post({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params})
        return answer.get("result", answer.get("error"))

    def post(self, message):
        request = urllib.request.Request(self.url, json.dumps(message).encode(), self.headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            if "Mcp-Session-Id" in response.headers:
                self.headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
            text = response.read().decode()
        told = [line[5:] for line in text.splitlines() if line.startswith("data:")] or [text]
        found = [each for each in map(json.loads, filter(None, told)) if each.get("id") == message.get("id")]
        return found[-1] if found else {}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=20):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Case(unittest.TestCase):
    """A folder, a REST service and at most one hub, gone when the test is over."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weft-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = Server()
        self.addCleanup(self.server.end)
        self.url = self.server.url
        self.hub = None
        self.begun = []
        self.addCleanup(self.end_processes)
        self.addCleanup(self.end_hub)
        self.addCleanup(self.server.go.set)

    def end_processes(self):
        for process in [*([self.hub.process] if self.hub else []), *self.begun]:
            if process.poll() is None:
                process.kill()
            process.wait()
        for process in self.begun:
            process.communicate()

    def end_hub(self):
        if self.hub:
            self.hub.stop()

    def start(self, *options, **more):
        self.hub = Hub(self.folder, *options, **more)
        return self.hub

    def begin(self, *words, **more):
        process = self.hub.begin(*words, **more)
        self.begun.append(process)
        return process

    def begin_waiting(self, target="clock/wait", *words):
        """A call that is at the solution and stays there."""
        process = self.begin("call", target, *words)
        self.assertTrue(self.server.entered.acquire(timeout=15), "the call did not reach the solution")
        return process

    def document(self, done):
        """What --json printed: one document, and nothing beside it."""
        self.assertEqual(done.stderr, "", done.args)
        try:
            return json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(f"{done.args} printed no JSON document ({error}): {done.stdout!r}") from None
