"""The worker's ends of its connections to the hub, one for each of the hub's loops. add() from any thread, the rest from
the main one."""
import collections
import select
import socket
import threading
import time

from weft_script import frames, limits


class Link:
    def __init__(self, descriptor):
        self.socket = socket.socket(fileno=descriptor)
        self.socket.setblocking(False)
        self.open = True
        self.reader = frames.Reader()
        self.unsent = collections.deque()
        self.unsent_bytes = 0
        self.room = threading.Condition()

    def fileno(self):
        return self.socket.fileno()

    def full(self):
        return self.unsent_bytes >= limits.UNSENT_BYTES_MAX

    def add(self, frame):
        data = frames.write(frame)
        with self.room:
            if self.open:
                self.unsent.append(memoryview(data))
                self.unsent_bytes += len(data)

    def wait_for_room(self):
        """Until the hub has read enough of what it was sent."""
        with self.room:
            while self.open and self.full():
                self.room.wait()

    def close(self):
        with self.room:
            self.close_locked()

    def close_locked(self):
        self.open = False
        self.unsent.clear()
        self.unsent_bytes = 0
        self.room.notify_all()

    def read(self):
        """Takes in what is there."""
        taken = 0
        while self.open and taken < limits.READ_AT_ONCE:
            try:
                data = self.socket.recv(limits.READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                return self.close()
            self.reader.add(data)
            taken += len(data)

    def send(self):
        with self.room:
            while self.open and self.unsent:
                first = self.unsent[0]
                try:
                    sent = self.socket.send(first, socket.MSG_NOSIGNAL)
                except BlockingIOError:
                    break
                except OSError:
                    return self.close_locked()
                self.unsent_bytes -= sent
                if sent == len(first):
                    self.unsent.popleft()
                else:
                    self.unsent[0] = first[sent:]
            if not self.full():
                self.room.notify_all()
        return None


class Links:
    def __init__(self, descriptors, watch):
        self.all = [Link(descriptor) for descriptor in descriptors]
        self.watch = watch

    def any_open(self):
        return any(link.open for link in self.all)

    def tell(self, kind, text):
        """One thing to every loop, as far as it is taken within a moment."""
        for link in self.all:
            link.add(frames.Frame(kind, body=text.encode("utf-8", "replace")))
        self.flush()

    def flush(self, seconds=limits.FLUSH_S):
        until = time.monotonic() + seconds
        while True:
            for link in self.all:
                link.send()
            left = [link for link in self.all if link.open and link.unsent]
            if not left or time.monotonic() >= until:
                return
            poll = select.poll()
            for link in left:
                poll.register(link, select.POLLOUT)
            poll.poll(max(0, (until - time.monotonic()) * 1000))

    def wait(self, seconds, reads=True):
        """Until a link can be read or written, or the watch is woken, at most so long (None: any). `reads`: whether there is
        room for requests."""
        poll = select.poll()
        poll.register(self.watch.reader, select.POLLIN)
        by_number = {}
        for link in self.all:
            if not link.open:
                continue
            events = (select.POLLIN if reads and not link.full() else 0) | (select.POLLOUT if link.unsent else 0)
            if events:
                poll.register(link, events)
                by_number[link.fileno()] = link
        for number, events in poll.poll(None if seconds is None else seconds * 1000):
            link = by_number.get(number)
            if link is None:
                self.watch.clear()
                continue
            if events & select.POLLOUT:
                link.send()
            if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
                link.read()

    def frames(self):
        """What has come: pairs of link and frame. FrameError when a link breaks the format."""
        for link in self.all:
            while link.open and (frame := link.reader.next()) is not None:
                yield link, frame
