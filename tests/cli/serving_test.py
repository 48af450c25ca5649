"""Signals while calls are under way, for callers and for the hub; reloading; TLS."""
import http.client
import json
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from harness import WEFT, Case, Hub, Server, eventually, free_port, shown_exit

POST = ("-X", "POST", "-H", "Content-Type: application/json", "-d", "{}")
STOP_SECONDS = int(re.search(r"TimeoutStopSec=(\d+)", (Path(__file__).resolve().parents[2] / "packaging/weft.service.in").read_text())[1])


def curl(url, *options):
    return subprocess.Popen(["curl", "-s", *options, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def get(port, path):
    """Whether it answered 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def running(hub):
    return 'weft_calls_running{solution="clock",protocol="openapi"} 0\n' not in hub.ask("GET", "/metrics")[2]


class Interrupted(Case):
    def joined(self, *options):
        hub = self.start("--log", "info", *options)
        self.assertEqual(hub.run("add", self.url, "--as", "clock").returncode, 0)
        return hub

    def test_an_interrupted_call_is_130_and_ends_at_the_hub_too(self):
        hub = self.joined()
        for words in ([], ["--json"], ["--stream"]):
            call = self.begin_waiting("clock/wait", *words)
            self.assertTrue(running(hub))
            call.send_signal(signal.SIGINT)
            printed, said = call.communicate(timeout=10)
            self.assertEqual((shown_exit(call.returncode), printed), (130, ""), said)
            eventually("the hub lets the call go", lambda: not running(hub))

    def test_an_interrupted_mcp_is_130(self):
        self.joined()
        bridge = self.begin("mcp", stdin=subprocess.PIPE)
        bridge.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n")
        bridge.stdin.flush()
        self.assertIn("jsonrpc", bridge.stdout.readline())
        bridge.send_signal(signal.SIGINT)
        self.assertEqual(shown_exit(bridge.wait(10)), 130)

    def test_an_interrupted_hub_ends_with_0(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            hub = self.joined()
            self.assertEqual(hub.stop(how), 0)
            self.assertFalse((hub.data / "weft.sock").exists())
            shutil.rmtree(hub.data)
        self.hub = None

    def test_running_calls_get_their_answer(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            hub = self.joined()
            self.server.go.clear()
            call = self.begin_waiting()
            rest = curl(f"http://127.0.0.1:{hub.port}/api/clock/wait", "-w", "%{http_code}", *POST)
            self.begun.append(rest)
            self.assertTrue(self.server.entered.acquire(timeout=10))
            hub.process.send_signal(how)
            hub.said.wait("ending")
            self.assertIsNone(call.poll())
            self.server.go.set()
            printed, said = call.communicate(timeout=10)
            self.assertEqual((call.returncode, json.loads(printed)), (0, {"waited": True}), said)
            printed, _ = rest.communicate(timeout=10)
            self.assertEqual(printed, '{"waited":true}200')
            self.assertEqual(hub.ended(10), 0, hub.said.text())
            shutil.rmtree(hub.data)
        self.hub = None

    def test_a_hub_that_ends_takes_no_new_call_by_any_door(self):
        hub = self.joined()
        kept = curl(f"http://127.0.0.1:{hub.port}/api/clock/wait", *POST)
        self.begun.append(kept)
        self.assertTrue(self.server.entered.acquire(timeout=10))
        hub.process.send_signal(signal.SIGTERM)
        hub.said.wait("ending")
        eventually("the port is closed", lambda: not listens(hub.port))
        eventually("the socket is closed", lambda: hub.run("call", "clock/add", "a=1", "b=1").returncode == 3, 5)
        self.server.go.set()
        self.assertEqual(kept.communicate(timeout=10)[0], '{"waited":true}')
        self.assertEqual(hub.ended(10), 0)
        self.hub = None

    def test_a_second_signal_ends_a_hub_at_once(self):
        hub = self.joined()
        call = self.begin_waiting()
        hub.process.send_signal(signal.SIGINT)
        hub.said.wait("ending")
        hub.process.send_signal(signal.SIGINT)
        self.assertEqual(shown_exit(hub.process.wait(5)), 130)
        printed, said = call.communicate(timeout=10)
        self.assertEqual((call.returncode, printed), (1, ""), said)
        self.assertTrue(said.startswith("error: "), said)


class Reloaded(Case):
    def configure(self, more=""):
        return f"log: info\nsolutions:\n  - name: clock\n    url: {self.url}\n{more}"

    def test_a_reload_leaves_a_running_call_alone(self):
        hub = self.start("--log", "info", config=self.configure())
        hub.has_joined("clock")
        for config in (self.configure(), self.configure("    timeout: 50s\n"), "log: info\nsolutions: []\n"):
            self.server.go.clear()
            call = self.begin_waiting()
            hub.said.lines.clear()
            (hub.folder / "weft.yaml").write_text(config)
            hub.process.send_signal(signal.SIGHUP)
            hub.said.wait("configuration read again")
            self.assertIsNone(call.poll())
            self.server.go.set()
            printed, said = call.communicate(timeout=10)
            self.assertEqual((call.returncode, printed and json.loads(printed)), (0, {"waited": True}), f"{config}: {said}")
            if "clock" in config:
                hub.has_joined("clock")
        self.assertEqual(hub.run("call", "clock/add", "a=1", "b=1").returncode, 1)
        self.assertIsNone(hub.process.poll())

    def test_a_reload_with_a_fault_leaves_everything_as_it_is(self):
        hub = self.start("--log", "info", config=self.configure())
        hub.has_joined("clock")
        call = self.begin_waiting()
        (hub.folder / "weft.yaml").write_text(self.configure("    tiemout: 1s\n"))
        hub.process.send_signal(signal.SIGHUP)
        said = hub.said.wait("W1203")
        self.assertIn("weft.yaml:5", said)
        self.assertEqual(json.loads(hub.run("call", "clock/add", "a=1", "b=1").stdout), {"sum": 2})
        self.server.go.set()
        self.assertEqual(json.loads(call.communicate(timeout=10)[0]), {"waited": True})


class Tls(Case):
    def certificate(self, name, *options):
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                               "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *options],
                              capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(made.returncode, 0, made.stderr)

    def secured(self, more=""):
        self.certificate("server", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        tls = f"certificate: {self.folder}/server.pem, key: {self.folder}/server.key{more}"
        return self.start(config=f"listen: {{tls: {{{tls}}}}}\n")

    def get(self, hub, path, certificate=None):
        context = ssl.create_default_context(cafile=f"{self.folder}/server.pem")
        if certificate:
            context.load_cert_chain(f"{self.folder}/{certificate}.pem", f"{self.folder}/{certificate}.key")
        connection = http.client.HTTPSConnection("localhost", hub.port, context=context, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def test_the_port_answers_https_and_nothing_else(self):
        hub = self.secured()
        self.assertIn(f"https://127.0.0.1:{hub.port}/v1", hub.printed.wait("OpenAI"))
        self.assertEqual(self.get(hub, "/healthz"), (200, "ok\n"))
        hub.run("add", self.url, "--as", "clock")
        status, document = self.get(hub, "/api/openapi.json")
        self.assertEqual(status, 200)
        self.assertIn(f"https://localhost:{hub.port}", json.dumps(json.loads(document)["servers"]))
        plain = curl(f"http://127.0.0.1:{hub.port}/healthz", "-w", "%{http_code}")
        self.assertNotIn("200", plain.communicate(timeout=10)[0])
        untrusted = curl(f"https://127.0.0.1:{hub.port}/healthz", "-w", "%{ssl_verify_result}")
        untrusted.communicate(timeout=10)
        self.assertEqual(untrusted.returncode, 60)

    def test_commands_reach_the_hub_by_https(self):
        hub = self.secured()
        hub.run("add", self.url, "--as", "clock")
        key = json.loads(hub.run("key", "new", "root", "--admin", "--json").stdout)["secret"]
        trusting = {"WEFT_KEY": key, "SSL_CERT_FILE": f"{self.folder}/server.pem"}
        for host in ("localhost", "127.0.0.1"):
            address = ["--hub", f"https://{host}:{hub.port}"]
            called = hub.run("call", "clock/add", "a=2", "b=40", *address, env=trusting)
            self.assertEqual((called.returncode, called.stdout and json.loads(called.stdout)), (0, {"sum": 42}), called.stderr)
        distrusting = hub.run("ls", *address, env={"WEFT_KEY": key})
        self.assertIn(distrusting.returncode, (1, 3))
        self.assertIn("certificate", distrusting.stderr)
        plain = hub.run("ls", "--hub", f"http://127.0.0.1:{hub.port}", env=trusting)
        self.assertIn(plain.returncode, (1, 3))
        self.assertTrue(plain.stderr.startswith("error: "), plain.stderr)

    def test_callers_may_have_to_show_a_certificate(self):
        self.certificate("caller")
        self.certificate("stranger")
        hub = self.secured(f", client_ca: {self.folder}/caller.pem")
        self.assertEqual(self.get(hub, "/healthz", "caller"), (200, "ok\n"))
        for certificate in ("stranger", None):
            with self.assertRaises(OSError):
                self.get(hub, "/healthz", certificate)

    def test_what_cannot_be_a_certificate_is_a_fault(self):
        self.certificate("server")
        folder = Path(self.folder)
        (folder / "text.pem").write_text("this is no certificate\n")
        self.certificate("other")
        for certificate, key, named in (("text.pem", "server.key", "text.pem"), ("server.pem", "text.pem", "text.pem"),
                                        ("server.pem", "other.key", "")):
            (folder / "weft.yaml").write_text(f"listen: {{tls: {{certificate: {certificate}, key: {key}}}}}\n")
            up = subprocess.run([WEFT, "up", "--listen", "0", "--data", "d"], capture_output=True, text=True, timeout=20, cwd=folder)
            self.assertEqual(up.returncode, 1, up.stdout + up.stderr)
            self.assertEqual(up.stderr.count("error:"), 1, up.stderr)
            self.assertIn(named, up.stderr)


class Poor(unittest.TestCase):
    """Fault 11: the Nth descriptor or thread fails, for every N of a start; and memory does."""

    def start(self, which, limit):
        """How a hub ended that has no more than this, and what it said."""
        folder = Path(tempfile.mkdtemp(prefix="weft-poor-"))
        port = free_port()
        try:
            hub = subprocess.Popen([WEFT, "up", "--listen", str(port), "--data", folder / "data", "--threads", "2", "--log", "warn"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: resource.setrlimit(which, (limit, limit)))
            eventually("it listens, or has ended", lambda: hub.poll() is not None or listens(port), 30)
            answered = hub.poll() is None and get(port, "/healthz")
            hub.terminate()
            _, said = hub.communicate(timeout=20)
            return hub.returncode, answered, said
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def test_with_few_descriptors_it_says_so_or_serves(self):
        served = []
        for limit in range(4, 48):
            code, answered, said = self.start(resource.RLIMIT_NOFILE, limit)
            self.assertIn(code, (0, 1, 127), f"{limit} descriptors: {said}")  # 127: not even the program's libraries
            if code == 1:
                self.assertEqual(said.count("error:"), 1, f"{limit} descriptors: {said}")
            if code == 0:
                self.assertTrue(answered or said, f"{limit} descriptors: neither served nor said why")
                served.append(answered)
        self.assertTrue(served and served[-1], "with 47 it serves")

    def test_with_little_memory_it_says_so_or_serves(self):
        served = []
        for megabytes in range(24, 400, 16):  # with less the system does not even begin it
            code, answered, said = self.start(resource.RLIMIT_AS, megabytes << 20)
            self.assertNotIn(-code, (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL), f"{megabytes} MiB: {said}")
            self.assertTrue(answered or said, f"{megabytes} MiB: neither served nor said why")
            if code == 0:
                served.append(answered)
        self.assertTrue(served and served[-1], "with 392 MiB it serves")


class NeverEnding:
    """A hub told to end while a call runs by each door that never will."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="weft-cli-")
        self.server = Server()
        self.hub = Hub(self.folder, "--log", "info")
        self.hub.run("add", self.server.url, "--as", "clock")
        self.call = self.hub.begin("call", "clock/wait")
        self.rest = curl(f"http://127.0.0.1:{self.hub.port}/api/clock/wait", "-w", "%{http_code}", *POST)
        self.took = None

    def tell(self):
        for _ in range(2):
            if not self.server.entered.acquire(timeout=15):
                raise AssertionError("the calls did not reach the solution")
        self.hub.process.send_signal(signal.SIGTERM)
        self.began = time.monotonic()
        self.watch = threading.Thread(target=self.look, daemon=True)
        self.watch.start()

    def look(self):
        self.hub.process.wait()
        self.took = time.monotonic() - self.began

    def end(self):
        self.server.go.set()
        for process in (self.call, self.rest):
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.hub.stop(signal.SIGKILL)
        self.server.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def setUpModule():
    """Its grace runs while the other tests do; WhatNeverEnds, the last class, looks at how it went."""
    global never
    never = NeverEnding()
    unittest.addModuleCleanup(never.end)
    never.tell()


class WhatNeverEnds(unittest.TestCase):
    def test_it_is_told_and_the_hub_ends_in_time(self):
        never.watch.join(max(0, never.began + STOP_SECONDS - time.monotonic()))
        self.assertIsNotNone(never.took, f"the hub still runs {STOP_SECONDS} s after SIGTERM")
        self.assertLess(never.took, STOP_SECONDS)
        self.assertEqual(never.hub.process.returncode, 0)
        printed, said = never.call.communicate(timeout=10)
        self.assertEqual(printed, "")
        self.assertIn("shutting down", said)
        self.assertNotEqual(never.call.returncode, 0)
        body, _ = never.rest.communicate(timeout=10)
        self.assertIn("shutting down", body)
        self.assertTrue(body.endswith("503"), body)


if __name__ == "__main__":
    unittest.main()
