"""The user's own server program by the container contract: how it is found and started, what it is asked, what becomes of
its answers and of its end."""
import os
import signal
import socket
import stat
import time
import unittest

from harness import CANCEL, INFER, PART, PATIENCE, PING, PONG, REPLY, Frame, Model, can_sandbox, pack

# A server by the contract. What it does is said by the body.
SERVER = """
    import http.server, os, signal, sys, threading
    print("starting", flush=True)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *args): pass
        def reply(self, status, body, **headers):
            self.send_response(status)
            for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def do_GET(self):
            pings.append(self.path)
            self.reply(200 if len(pings) > PINGS else 503, b"")
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            connections.add(self.client_address)
            if body == "headers":
                text = "|".join(str(self.headers.get(n)) for n in ("Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes"))
                self.reply(200, (self.path + "|" + text).encode(), Content_Type="text/x", X_Amzn_SageMaker_Custom_Attributes="c=2")
            elif body == "environment":
                self.reply(200, "|".join([os.environ["PORT"], os.environ["SAGEMAKER_BIND_TO_PORT"], os.environ["OWN"], os.getcwd(),
                                          *sys.argv[1:]]).encode())
            elif body == "wrong": self.reply(418, b"I am a teapot", Content_Type="text/plain")
            elif body == "large": self.reply(200, b"x" * 20_000_000)
            elif body == "die":
                print("out of luck", flush=True); os._exit(3)
            elif body == "cut":
                self.send_response(200); self.send_header("Content-Length", "10"); self.end_headers(); self.wfile.write(b"abc")
                self.close_connection = True
            elif body == "together":
                together.wait(60); self.reply(200, b"met")
            elif body == "sick":
                pings.clear(); globals()["PINGS"] = 10**6; self.reply(200, b"")
            elif body == "connections": self.reply(200, str(len(connections)).encode())
            elif body.startswith("pieces"):
                self.send_response(200); self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked"); self.end_headers()
                for i in range(3): self.chunk(f"piece {i}")
                if body == "pieces, then wait":
                    try:
                        while not self.rfile.read(1) == b"": pass
                    except OSError: pass
                    open("gone", "w").write("gone"); self.close_connection = True; return
                self.chunk("")
            else: self.reply(200, body.upper().encode(), Content_Type="text/plain")
        def chunk(self, text):
            self.wfile.write(f"{len(text):x}\\r\\n{text}\\r\\n".encode()); self.wfile.flush()

    pings, connections, together = [], set(), threading.Barrier(3)
    PINGS = int(os.environ.get("PINGS", "0"))
    def stop(*_):
        open("stopped", "w").write("stopped"); os._exit(0)
    signal.signal(signal.SIGTERM, stop if os.environ.get("STUBBORN") is None else lambda *_: None)
    http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server(Model):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.variables |= {"SAGEMAKER_BIND_TO_PORT": str(self.port), "SAGEMAKER_SERVE_COMMAND": "python3 app.py --own 'a b'",
                           "OWN": "its own"}
        self.put("model/code/app.py", SERVER)

    def pieces(self):
        out = []
        while True:
            out.append(self.hub.next())
            if out[-1].kind == REPLY:
                return out


class Requests(Server):
    def test_a_command_of_the_environment(self):
        self.assertEqual(self.serve(), {})
        reply = self.hub.answer("hello")
        self.assertEqual((reply.status, reply.type, reply.body), (200, "text/plain", b"HELLO"))
        self.assertEqual(self.hub.answer("environment").body.decode(),
                         f"{self.port}|{self.port}|its own|{self.root / 'model/code'}|--own|a b")
        self.assertIn("starting\n", self.log())

    def test_headers_go_both_ways(self):
        self.serve()
        reply = self.hub.answer("headers", "text/csv", "application/json", "c=1")
        self.assertEqual(reply.body, b"/invocations|text/csv|application/json|c=1")
        self.assertEqual((reply.type, reply.attributes), ("text/x", "c=2"))
        self.assertEqual(self.hub.answer("headers").body, b"/invocations|None|None|None")

    def test_a_header_that_is_none(self):
        self.serve()
        reply = self.hub.answer("x", "text/csv\r\nX-Own: 1")
        self.assertEqual(reply.status, 400)
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_the_hubs_ping_is_the_servers(self):
        self.serve()
        self.hub.send(Frame(PING))
        self.assertEqual(self.hub.next().kind, PONG)
        self.assertEqual(self.hub.answer("sick").status, 200)
        self.hub.send(Frame(PING))
        # Silence is the answer of one that is not healthy; the log has why.
        until = time.monotonic() + PATIENCE
        while "GET /ping on port" not in self.log() and time.monotonic() < until:
            time.sleep(0.02)
        self.assertIn(f"GET /ping on port {self.port}: it answered 503\n", self.log())
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_its_own_errors_go_on(self):
        self.serve()
        reply = self.hub.answer("wrong")
        self.assertEqual((reply.status, reply.type, reply.body), (418, "text/plain", b"I am a teapot"))

    def test_connections_are_kept(self):
        self.serve()
        for _ in range(20):
            self.hub.answer("x")
        self.assertEqual(self.hub.answer("connections").body, b"1")

    def test_several_at_once(self):
        self.serve()
        numbers = {self.hub.ask("together") for _ in range(3)}
        self.assertEqual({(reply.number, reply.body) for reply in (self.hub.next() for _ in range(3))},
                         {(number, b"met") for number in numbers})

    def test_more_than_there_are_connections(self):
        self.variables["SAGEMAKER_SERVE_CONNECTIONS"] = "2"
        self.serve()
        numbers = {self.hub.ask(f"n{i}"): f"N{i}".encode() for i in range(40)}
        self.assertEqual({reply.number: reply.body for reply in (self.hub.next() for _ in numbers)}, numbers)

    def test_pieces_as_they_come(self):
        self.serve()
        self.hub.ask("pieces")
        *parts, reply = self.pieces()
        self.assertEqual("".join(part.body.decode() for part in parts), "piece 0piece 1piece 2")
        self.assertEqual({(part.kind, part.type) for part in parts}, {(PART, "text/event-stream")})
        self.assertEqual((reply.status, reply.type, reply.body), (200, "text/event-stream", b""))

    def test_a_large_answer_comes_in_pieces(self):
        self.serve()
        self.hub.ask("large")
        *parts, reply = self.pieces()
        self.assertEqual(sum(len(part.body) for part in parts), 20_000_000)
        self.assertEqual(reply.status, 200)

    def test_a_cancelled_request_closes_its_connection(self):
        self.serve()
        number = self.hub.ask("pieces, then wait")
        text = ""
        while text != "piece 0piece 1piece 2":
            text += self.hub.next().body.decode()
        os.mkfifo(self.root / "model/code/gone")
        self.hub.send(Frame(CANCEL, number))
        with open(self.root / "model/code/gone") as file:
            self.assertEqual(file.read(), "gone")
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_an_answer_that_is_cut_off(self):
        self.serve()
        reply = self.hub.answer("cut")
        self.assertEqual(reply.status, 502)
        self.assertIn(b"the server broke the connection off", reply.body)
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_tensors_are_refused(self):
        self.serve()
        self.assertEqual(self.hub.answer("{}", kind=INFER).status, 415)


class Found(Server):
    def setUp(self):
        super().setUp()
        del self.variables["SAGEMAKER_SERVE_COMMAND"]
        self.script = "#!/bin/sh\nexec python3 \"$(dirname \"$0\")/app.py\"\n"

    def test_an_executable_at_the_top_of_the_archive(self):
        pack(self.root / "model.tar.gz", {"serve": self.script, "app.py": SERVER}, {"serve": 0o755})
        (self.root / "model/code/app.py").unlink()
        (self.root / "model/code").rmdir()
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_one_in_code_whose_mode_was_lost(self):
        path = self.put("model/code/serve", self.script)
        self.assertFalse(path.stat().st_mode & stat.S_IXUSR)
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_a_program_named_by_the_sdk_goes_before_it(self):
        self.put("model/code/serve", "#!/bin/sh\nexit 1\n")
        self.put("model/code/inference.py", "def model_fn(d): return 1\ndef transform_fn(m, d, c, a): return 'script'\n")
        self.variables["SAGEMAKER_PROGRAM"] = "inference.py"
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"script")


@unittest.skipUnless(can_sandbox(), "no sandbox can be made here")
class Sandboxed(Server):
    """As it runs under the hub: under /opt/ml, on port 8080 of its own, whoever else has that."""

    sandboxed = True

    def test_the_port_is_its_own(self):
        del self.variables["SAGEMAKER_BIND_TO_PORT"]
        self.serve()
        self.assertEqual(self.hub.answer("environment").body.decode(), "8080|8080|its own|/opt/ml/model/code|--own|a b")


class Health(Server):
    def test_it_is_ready_when_it_says_so(self):
        self.variables["PINGS"] = "4"
        self.serve()
        self.assertEqual(self.hub.answer("x").body, b"X")

    def test_one_that_never_is(self):
        self.variables |= {"PINGS": "1000000", "SAGEMAKER_STARTUP_TIMEOUT": "1"}
        self.assertIn(f"GET /ping on port {self.port} was not answered with 200 within 1 s (it answered 503); its last lines: "
                      "starting", self.refused())

    def test_one_that_ends_at_once(self):
        self.put("model/code/app.py", "import sys\nprint('no weights')\n1/0\n")
        self.assertEqual(self.refused(), "the server `python3` ended (exit code 1) before it was healthy; its last lines: Traceback "
                                         "(most recent call last):\n  File \"%s\", line 3, in <module>\n    1/0\n    ~^~\n"
                                         "ZeroDivisionError: division by zero" % (self.root / "model/code/app.py"))

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", self.port)):
            self.assertIn(f"port {self.port} is taken", self.refused())

    def test_a_program_that_is_not_there(self):
        self.variables["SAGEMAKER_SERVE_COMMAND"] = "no-such-server --port 8080"
        self.assertIn("there is no program `no-such-server` to start in", self.refused())

    def test_settings_that_are_none(self):
        for name, value in (("SAGEMAKER_BIND_TO_PORT", "80a"), ("SAGEMAKER_SERVE_CONNECTIONS", "0")):
            before = dict(self.variables)
            self.variables[name] = value
            with self.subTest(name):
                self.assertIn(f"{name}: `{value}` is no number from 1 to", self.refused())
                self.stop()
            self.variables = before


class Ends(Server):
    links = 2

    def test_a_server_that_dies_takes_its_worker_along(self):
        self.serve()
        self.hub.ask("die")
        frame = self.hubs[1].next()
        self.assertEqual(frame.body.decode(), "the server `python3` ended (exit code 3) while it served; its last lines: starting\n"
                                              "out of luck")
        self.assertEqual(self.ends(), 1)

    def test_the_last_link_is_the_end_of_it(self):
        os.mkfifo(self.root / "model/code/stopped")
        self.serve()
        for hub in self.hubs:
            hub.socket.close()
        with open(self.root / "model/code/stopped") as file:
            self.assertEqual(file.read(), "stopped")
        self.assertEqual(self.ends(), 0)

    def test_sigterm_lets_what_runs_be_answered(self):
        self.serve()
        self.hub.ask("together")
        self.hub.ask("together")
        self.hubs[1].answer("x")
        # Sent before the signal, so read before the end.
        last = self.hub.ask("together")
        self.child.send_signal(signal.SIGTERM)
        self.assertEqual({self.hub.next().body for _ in range(last)}, {b"met"})
        self.assertEqual(self.ends(), 0)
        self.assertEqual((self.root / "model/code/stopped").read_text(), "stopped")


if __name__ == "__main__":
    unittest.main()
