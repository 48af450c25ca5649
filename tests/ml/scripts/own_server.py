"""The user's own server: /ping as HOW says (well, never), and /invocations that takes all memory when it is told to."""
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOW = os.environ.get("HOW", "well")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        while HOW == "never":
            time.sleep(60)
        self.say(b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        rows = []
        while body == b"eat":
            rows.append(bytearray(16 * 2**20))
            rows[-1][::4096] = b"x" * 4096
        self.say(b"said " + body)

    def say(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


print("listens", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
