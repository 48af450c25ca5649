"""Connections to the user's server: requests wait in one queue, and each thread has a connection that it keeps. From any
thread, but for what is said otherwise."""
import collections
import http.client
import select
import socket
import threading
import time

from weft_script import frames, limits
from weft_script.context import ATTRIBUTES

HOST = "127.0.0.1"
PATH = "/invocations"


def port_is_taken(port):
    with socket.socket() as probe:
        probe.settimeout(limits.PING_S)
        return probe.connect_ex((HOST, port)) == 0


def ping(port, seconds):
    """Empty when it is healthy, else what was wrong."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request("GET", "/ping")
        status = connection.getresponse().status
        return "" if status == 200 else f"it answered {status}"
    except ConnectionRefusedError:
        return "nothing listens"
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()


class Request:
    def __init__(self, link, frame):
        self.link = link
        self.frame = frame
        self.cancelled = False
        self.released = False  # its thread was counted as idle again
        self.socket = None  # while it is on its way


class Pool:
    def __init__(self, port, threads, timeout_s, wake):
        self.port = port
        self.timeout_s = timeout_s
        self.wake = wake
        self.threads_max = threads
        self.threads = 0
        self.idle = 0  # of those: what waits for a request, or is about to
        self.changed = threading.Condition()
        self.waiting = collections.OrderedDict()
        self.waiting_bytes = 0
        self.running = {}
        self.closed = False

    def has_room(self):
        return len(self.waiting) < limits.WAITING_MAX and self.waiting_bytes < limits.WAITING_BYTES_MAX

    def busy(self):
        return bool(self.waiting or self.running)

    def add(self, link, frame):
        with self.changed:
            self.waiting[link, frame.id] = Request(link, frame)
            self.waiting_bytes += frames.size_of(frame)
            if self.idle < len(self.waiting) and self.threads < self.threads_max:
                self.threads += 1
                self.idle += 1
                threading.Thread(target=self.work, daemon=True).start()
            self.changed.notify()

    def cancel(self, link, number):
        with self.changed:
            request = self.waiting.pop((link, number), None)
            if request is not None:
                self.waiting_bytes -= frames.size_of(request.frame)
                return
            request = self.running.get((link, number))
            if request is not None:
                stop(request)

    def close(self):
        """Nothing is begun any more; what runs is cut off."""
        with self.changed:
            self.closed = True
            self.waiting.clear()
            for request in self.running.values():
                stop(request)
            self.changed.notify_all()

    def take(self):
        """The next request; None: there is to be none. And how many wait besides."""
        with self.changed:
            while not self.waiting and not self.closed:
                self.changed.wait()
            if self.closed:
                return None
            self.idle -= 1
            key, request = self.waiting.popitem(last=False)
            self.waiting_bytes -= frames.size_of(request.frame)
            self.running[key] = request
        self.wake()  # there is room again
        return request

    def release(self, request):
        """Its thread takes the next request: said before the answer is sent, or the next one, which the answer may bring,
        would open a connection of its own."""
        with self.changed:
            if not request.released:
                request.released = True
                self.idle += 1

    def work(self):
        connection = Connection(self)
        while (request := self.take()) is not None:
            try:
                connection.answer(request)
            finally:
                self.release(request)
                with self.changed:
                    self.running.pop((request.link, request.frame.id), None)
                self.wake()
        connection.drop()


def stop(request):
    """Closing its connection is how a server is told that nobody waits any more."""
    request.cancelled = True
    if request.socket is not None:
        try:
            request.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Connection:
    """One thread's."""

    def __init__(self, pool):
        self.pool = pool
        self.port = pool.port
        self.timeout_s = pool.timeout_s
        self.wake = pool.wake
        self.http = None
        self.used_at = 0.0

    def drop(self):
        if self.http is not None:
            self.http.close()
            self.http = None

    def ready(self):
        """Connected. One that was idle for long, or has something to read, the server is about to close."""
        if self.http is not None:
            idle = time.monotonic() - self.used_at > limits.IDLE_S
            if idle or self.http.sock is None or select.select([self.http.sock], [], [], 0)[0]:
                self.drop()
        if self.http is None:
            self.http = http.client.HTTPConnection(HOST, self.port, timeout=self.timeout_s)
            self.http.connect()
            self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer(self, request):
        """Sends it, and the answer to the hub."""
        try:
            self.ready()
            request.socket = self.http.sock
            if request.cancelled:
                return
            self.exchange(request)
        except ConnectionRefusedError:
            self.fail(request, 503, "the server does not take connections any more")
        except TimeoutError:
            self.fail(request, 504, f"the server did not answer within {self.timeout_s:g} s (SAGEMAKER_MODEL_SERVER_TIMEOUT)")
        except ValueError as error:
            self.fail(request, 400, f"the request cannot be sent: {error}")
        except (OSError, http.client.HTTPException) as error:
            self.fail(request, 502, f"the server broke the connection off ({str(error) or type(error).__name__})")
        finally:
            request.socket = None
            self.used_at = time.monotonic()

    def fail(self, request, status, message):
        self.drop()
        self.reply(request, status, b"text/plain", b"", message.encode("utf-8", "replace"))

    def exchange(self, request):
        frame = request.frame
        headers = {}
        for name, value in (("Content-Type", frame.type), ("Accept", frame.accept), (ATTRIBUTES, frame.attributes)):
            if value:
                headers[name] = value.decode("latin-1")
        self.http.request("POST", PATH, frame.body, headers)
        # Many servers send head and body apart, and hold the body back until the head is acknowledged.
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        response = self.http.getresponse()
        kind = (response.getheader("Content-Type") or "").encode("latin-1", "replace")
        attributes = (response.getheader(ATTRIBUTES) or "").encode("latin-1", "replace")
        whole = response.length is not None and response.length <= limits.WHOLE_BODY_BYTES
        if response.status >= 400:
            body = response.read(limits.ERROR_BODY_BYTES)
            if response.read(1):
                self.drop()
        elif whole and not response.chunked:
            body = response.read()
        else:
            body = self.pieces(request, response, kind, attributes)
        if response.will_close:
            self.drop()
        self.reply(request, response.status, kind, attributes, body)

    def pieces(self, request, response, kind, attributes):
        """Sends what comes as it comes."""
        link, number = request.link, request.frame.id
        while data := response.read1(limits.PIECE_BYTES):
            link.wait_for_room()
            if request.cancelled or not link.open:
                request.cancelled = True
                self.drop()
                return b""
            link.add(frames.Frame(frames.PART, number, response.status, kind, b"", attributes, data))
            self.send(link)
        return b""

    def reply(self, request, status, kind, attributes, body):
        if request.cancelled:
            return self.drop()
        self.pool.release(request)
        request.link.add(frames.Frame(frames.REPLY, request.frame.id, status, kind, b"", attributes, body))
        return self.send(request.link)

    def send(self, link):
        """At once as far as the socket takes it; the main thread sends the rest."""
        link.send()
        if link.unsent:
            self.wake()
