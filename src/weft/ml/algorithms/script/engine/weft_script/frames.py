"""What the hub and a worker say to each other over a socket pair (wire/worker_frames.h)."""
import struct
from typing import NamedTuple

from weft_script import limits

INVOKE, INFER, CANCEL, REPLY, PART, READY, FAILED, PING, PONG = range(9)
PARTS = 4
# The size behind it, id, kind, parts, status, the lengths of type, accept and attributes.
HEAD = struct.Struct("<IIBBHIII")
SIZE = struct.Struct("<I")


class Frame(NamedTuple):
    kind: int
    id: int = 0
    status: int = 0
    type: bytes = b""
    accept: bytes = b""
    attributes: bytes = b""
    body: bytes = b""


class FrameError(Exception):
    """Nothing can be read behind it."""


def size_of(frame):
    return HEAD.size + len(frame.type) + len(frame.accept) + len(frame.attributes) + len(frame.body)


def write(frame):
    head = HEAD.pack(size_of(frame) - SIZE.size, frame.id, frame.kind, PARTS, frame.status, len(frame.type),
                     len(frame.accept), len(frame.attributes))
    return b"".join((head, frame.type, frame.accept, frame.attributes, frame.body))


class Reader:
    """Frames from bytes that come in any pieces."""

    def __init__(self, frame_bytes_max=limits.FRAME_BYTES_MAX):
        self.bytes_max = frame_bytes_max
        self.buffer = bytearray()

    def add(self, data):
        self.buffer += data

    def next(self):
        """The next whole frame; None when more bytes are needed."""
        if len(self.buffer) < SIZE.size:
            return None
        size = SIZE.unpack_from(self.buffer)[0]
        if size > self.bytes_max:
            raise FrameError(f"a message of {size} bytes (at most {self.bytes_max})")
        if size < HEAD.size - SIZE.size:
            raise FrameError("a message without a head")
        if len(self.buffer) < SIZE.size + size:
            return None
        _, number, kind, parts, status, *lengths = HEAD.unpack_from(self.buffer)
        if kind > PONG or parts != PARTS:
            raise FrameError("a message of no kind that is known")
        if sum(lengths) > size - (HEAD.size - SIZE.size):
            raise FrameError("a message whose parts are longer than itself")
        texts = []
        at = HEAD.size
        with memoryview(self.buffer) as view:
            for length in lengths:
                texts.append(bytes(view[at:at + length]))
                at += length
            body = bytes(view[at:SIZE.size + size])
        del self.buffer[:SIZE.size + size]
        return Frame(kind, number, status, *texts, body)
