"""Other S3-compatible stores, behind a hub whose objects lie in them: real ones, and ones that do what a test says."""
import hashlib
import http.client
import http.server
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

import boto3
from botocore.config import Config

from lib.aws import AwsCase, eventually
from lib.hub import Hub, free_port, put_back
from lib.waits import PATIENCE

MIB = 1024 * 1024


def bytes_of(count, seed=b"weft"):
    """COUNT bytes that repeat nowhere near."""
    out, block = bytearray(), hashlib.sha256(seed).digest()
    while len(out) < count:
        out += block * 64
        block = hashlib.sha256(block).digest()
    return bytes(out[:count])


class Moto:
    """moto in server mode: takes every signature."""
    key = {"aws_access_key_id": "AKIDMOTO000000000000", "aws_secret_access_key": "moto-has-no-secret"}

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(Path(folder) / "moto.log", "w")
        self.process = subprocess.Popen([os.environ["WEFT_MOTO"], "-H", "127.0.0.1", "-p", str(self.port)],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        eventually("moto answers", self.answers, 30)

    def answers(self):
        try:
            far_client(self).list_buckets()
            return True
        except Exception:
            return False

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class OtherHub:
    """A second hub, with a key: checks every signature and digest."""

    def __init__(self, folder, config="", url="http://127.0.0.1"):
        folder = Path(folder) / "far"
        folder.mkdir()
        self.hub = Hub(folder, config)
        self.url = f"{url}:{self.hub.port}"
        made = self.hub.json("key", "new", "forwarder")
        self.key = {"aws_access_key_id": made["aws_access_key_id"], "aws_secret_access_key": made["aws_secret_access_key"]}

    def stop(self):
        self.hub.stop()


def certificate(folder, *names):
    """An authority of its own, and what it vouches for: the files of the authority, the certificate and its key."""
    folder = Path(folder)
    of = {name: str(folder / f"{name}.pem") for name in ("authority", "certificate", "authority-key", "key")}
    kind = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for words in ([*kind, "-subj", "/CN=authority", "-keyout", of["authority-key"], "-out", of["authority"]],
                  [*kind, "-subj", "/CN=store", "-keyout", of["key"], "-out", of["certificate"], "-CA", of["authority"],
                   "-CAkey", of["authority-key"], "-addext", "basicConstraints=critical,CA:FALSE",
                   "-addext", f"subjectAltName={','.join(names)}"]):
        subprocess.run(words, check=True, capture_output=True)
    return of["authority"], of["certificate"], of["key"]


class MotoBehindTls(http.server.ThreadingHTTPServer):
    """moto behind a gateway: over TLS alone, and below a path."""
    key = Moto.key
    path = "/storage/v1/s3"
    daemon_threads = True
    block_on_close = False

    def __init__(self, folder):
        self.moto = Moto(folder)
        super().__init__(("127.0.0.1", 0), Gateway)
        authority, *files = certificate(folder, "DNS:localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        # The name is in the certificate, the address is not.
        self.port = self.server_address[1]
        self.url = f"https://localhost:{self.port}{self.path}/"
        self.far_url = self.moto.url
        self.env = {"SSL_CERT_FILE": authority}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
        self.moto.stop()

    def handle_error(self, request, client_address):
        pass  # a client that does not trust it goes away


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        if not self.path.startswith(self.server.path):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.removeprefix(self.server.path)
        to = http.client.HTTPConnection("127.0.0.1", self.server.moto.port, timeout=60 * PATIENCE)
        to.putrequest(self.command, path if path.startswith("/") else f"/{path}", skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            to.putheader(name, value)
        to.endheaders(body)
        answer = to.getresponse()
        back = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") if self.command == "HEAD" else str(len(back)))
        self.end_headers()
        self.wfile.write(back)
        to.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    def log_message(self, *_):
        pass


def far_client(store):
    """The store itself, past weft."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=60 * PATIENCE,
                    s3={"addressing_style": "path"})
    return boto3.session.Session(**store.key, region_name="us-east-1").client(
        "s3", endpoint_url=getattr(store, "far_url", store.url), verify=getattr(store, "verify", None), config=config)


def settings(url, more=""):
    return ("ml:\n  objects:\n"
            f"    endpoint: {url}\n    access_key: ${{FORWARD_KEY}}\n    secret_key: ${{FORWARD_SECRET}}\n{more}")


class ForwardCase(AwsCase):
    """A hub whose objects lie in STORE."""
    store_kind = None
    more = ""

    @classmethod
    def setUpClass(cls):
        cls.far_folder = Path(tempfile.mkdtemp(prefix="weft-far-"))
        cls.addClassCleanup(shutil.rmtree, cls.far_folder, ignore_errors=True)
        cls.store = cls.store_kind(cls.far_folder)
        cls.addClassCleanup(cls.store.stop)
        cls.far = far_client(cls.store)
        secrets = {"FORWARD_KEY": cls.store.key["aws_access_key_id"], "FORWARD_SECRET": cls.store.key["aws_secret_access_key"]}
        secrets |= getattr(cls.store, "env", {})
        before = {name: os.environ.get(name) for name in secrets}
        os.environ.update(secrets)
        cls.addClassCleanup(put_back, before)
        cls.config = settings(cls.store.url, cls.more)
        super().setUpClass()

    def tearDown(self):
        super().tearDown()
        # The key of the store is nobody's to see.
        said = self.hub.out.text() + self.hub.err.text()
        for secret in self.store.key.values():
            self.assertNotIn(secret, said)

    def far_bytes(self, key, bucket=None):
        return self.far.get_object(Bucket=bucket or self.bucket, Key=key)["Body"].read()


# Stores that fail.


class Broken(http.server.ThreadingHTTPServer):
    """A store that does what `answer` says, with each request and how many came before."""
    key = {"aws_access_key_id": "AKIDBROKEN0000000000", "aws_secret_access_key": "broken-secret-0123456789"}
    daemon_threads = True
    block_on_close = False

    def __init__(self, _folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.lock = threading.Lock()
        self.reset(lambda request, count: request.say(404, fault("NoSuchBucket")))
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def reset(self, answer):
        with self.lock:
            self.answer, self.asked, self.connections = answer, [], set()

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # a client that went away is what is tested


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_one(self):
        server = self.server
        self.body = b""
        with server.lock:
            server.asked.append(f"{self.command} {self.path}")
            server.connections.add(self.client_address)
            answer, count = server.answer, len(server.asked)
        head = str(self.headers)
        assert Broken.key["aws_secret_access_key"] not in head, "the secret was sent"
        body = self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signed = self.headers["Authorization"] or ""
        assert "SignedHeaders=" in signed and "host" in signed, "not signed"
        assert self.headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest(), "the digest is another"
        answer(self, count)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

    def hang_up(self):
        """No answer at all."""
        self.close_connection = True

    def say(self, status, body=b"", content_type="application/xml", length=None, **headers):
        """LENGTH says another length than the body has; then the connection ends."""
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if length is not None and length != len(body):
            self.close_connection = True

    def log_message(self, *_):
        pass


def fault(code, message="its own words"):
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"


def in_turn(answers):
    """{method and path, with the query's first name: what is answered, one after the other, the last again and again}. What is
    not named is there when it is a bucket, and else not."""
    left = {what: [*each] for what, each in answers.items()}

    def answer(request, _count):
        path, _, query = request.path.partition("?")
        name = re.split("[=&]", query)[0]
        mine = left.get(f"{request.command} {path}?{name}") or left.get(f"{request.command} {path}")
        if mine is None:
            request.say(200 if path.count("/") == 1 and request.command == "HEAD" else 404)
            return
        say = mine.pop(0) if len(mine) > 1 else mine[0]
        say(request)
    return answer


def says(status, body="", **headers):
    return lambda request: request.say(status, body, **headers)


def one_object(data, cut=lambda count: None, etag='"e"', **more):
    """HEAD and GET of one object; CUT says how many bytes come of the COUNTth answer."""
    def answer(request, count):
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers["Range"] or "")
        first = int(asked[1]) if asked else 0
        last = int(asked[2]) if asked and asked[2] else len(data) - 1
        piece = data[first:last + 1]
        ranged = {"Content_Range": f"bytes {first}-{last}/{len(data)}"} if asked else {}
        sent = piece if request.command == "HEAD" else piece[:cut(count)]
        request.say(206 if asked else 200, sent, "a/b", length=len(piece), ETag=etag, **ranged, **more)
    return answer
