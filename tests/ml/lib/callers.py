"""Callers that ask an endpoint all the while and keep every answer, and what can be said of how long answers took."""
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lib.waits import PATIENCE

# Who is not answered within that is counted as one that waits for ever.
HANGS_S = 20 * PATIENCE
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=HANGS_S)
# Requests that a connection of Hammer's has on their way.
AT_ONCE = 16
# What the caller of an endpoint without a worker, or whose worker has just ended, is told.
NAMED = {"ServiceUnavailable", "ModelError"}


@dataclass
class Answer:
    began: float
    ended: float
    body: bytes | None = None
    code: str = ""
    message: str = ""

    @property
    def good(self):
        return self.body is not None


def ask_once(runtime, endpoint, body, **more):
    """The answer of any kind; an exception that is no answer (a connection that ends, a wait that does) has its class for a code."""
    began = time.monotonic()
    try:
        said = runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType="text/csv", **more)["Body"].read()
        return Answer(began, time.monotonic(), said)
    except ClientError as error:
        told = error.response["Error"]
        return Answer(began, time.monotonic(), None, told["Code"], told.get("Message", ""))
    except Exception as error:
        return Answer(began, time.monotonic(), None, type(error).__name__, str(error))


def runtime_client():
    return boto3.session.Session().client("sagemaker-runtime", config=ONCE)


class Callers:
    """`with Callers(endpoint, body, 4) as callers:` asks until the end of the block."""

    def __init__(self, endpoint, body, count=4, pause=0.0, **more):
        self.answers = []
        self.ended = threading.Event()
        self.given = (endpoint, body, pause, more)
        self.threads = [threading.Thread(target=self.ask_on) for _ in range(count)]

    def ask_on(self):
        endpoint, body, pause, more = self.given
        runtime = runtime_client()
        while not self.ended.is_set():
            self.answers.append(ask_once(runtime, endpoint, body, **more))
            if pause:
                time.sleep(pause)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


class Waiting:
    """Requests that are on their way: each is sent once, by a thread of its own."""

    def __init__(self, endpoint, body, count, **more):
        self.answers = []
        clients = [runtime_client() for _ in range(count)]
        self.threads = [threading.Thread(target=self.ask, args=(client, endpoint, body, more)) for client in clients]
        for thread in self.threads:
            thread.start()

    def ask(self, runtime, endpoint, body, more):
        self.answers.append(ask_once(runtime, endpoint, body, **more))

    def all(self):
        for thread in self.threads:
            thread.join()
        return self.answers


def report(what, seconds, bar_ms):
    """One line for who reads the run; nothing is decided by it, as the machine may be busy."""
    ordered = sorted(seconds)

    def at(share):
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000
    print(f"  {what}: p50 {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms, most {ordered[-1] * 1000:.1f} ms of {len(ordered)} (bar {bar_ms} ms)",
          flush=True)


class Hammer:
    """The same request over connections of its own, as fast as they go: an SDK takes longer to ask than weft to answer.

    `with Hammer(url, endpoint, body) as hammer:`; then `hammer.good` were answered with 200, and `hammer.bad` holds the others."""

    def __init__(self, url, endpoint, body, count=4):
        self.url = urllib.parse.urlsplit(url)
        self.given = (endpoint, body)
        self.good, self.bad = 0, []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.ask_on) for _ in range(count)]

    def ask_on(self):
        endpoint, body = self.given
        asked = (f"POST /endpoints/{endpoint}/invocations HTTP/1.1\r\nHost: {self.url.netloc}\r\nContent-Type: text/csv\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}").encode() * AT_ONCE
        with socket.create_connection((self.url.hostname, self.url.port), HANGS_S) as connection, connection.makefile("rb") as answers:
            while not self.ended.is_set():
                connection.sendall(asked)
                for _ in range(AT_ONCE):
                    self.take(answers)

    def take(self, answers):
        status, length = int(answers.readline().split()[1]), 0
        while (line := answers.readline().strip()):
            name, value = line.split(b":", 1)
            length = int(value) if name.lower() == b"content-length" else length
        said = answers.read(length)
        if status == 200:
            self.good += 1
        else:
            self.bad.append((status, said))

    __enter__ = Callers.__enter__
    __exit__ = Callers.__exit__
