"""Archives and models as an attacker makes them."""
import gzip
import io
import tarfile

BLOCK = 512


def tar_of(*entries):
    """A .tar.gz of (name, bytes or what changes the entry)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
            else:
                content(entry)
                tar.addfile(entry)
    return out.getvalue()


def kind(what, to="", **more):
    """Makes an entry a link, a device, a pipe."""
    def change(entry):
        entry.type, entry.linkname = what, to
        for name, value in more.items():
            setattr(entry, name, value)
    return change


class Zeros(io.RawIOBase):
    """As many bytes of nothing as one likes."""

    def __init__(self, left):
        self.left = left

    def readable(self):
        return True

    def read(self, size=-1):
        size = self.left if size < 0 else min(size, self.left)
        self.left -= size
        return bytes(size)


def bomb(size):
    """An archive of one file of zeros."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = size
        tar.addfile(entry, Zeros(size))
    return out.getvalue()


def base_256(number, width):
    """A number of a header as GNU tar writes what is too large for octal digits."""
    return (number | 1 << (8 * width - 1)).to_bytes(width, "big") if number >= 0 else b"\xff" * width


def with_sum(header):
    """A header with the sum that it should have, and the end of the archive behind it."""
    header = header[:148] + b" " * 8 + header[156:]
    return gzip.compress(header[:148] + b"%06o\0 " % sum(header) + header[156:] + bytes(2 * BLOCK))


def claimed_size(size):
    """An archive whose only entry says it is of this size, and is not."""
    header = tarfile.TarInfo("xgboost-model").tobuf(tarfile.GNU_FORMAT)
    return with_sum(header[:124] + base_256(size, 12) + header[136:])


def sparse(size):
    """A GNU sparse entry of this size, all of it a hole but its last block."""
    header = tarfile.TarInfo("xgboost-model").tobuf(tarfile.GNU_FORMAT)
    piece = base_256(size - BLOCK, 12) + b"%011o\0" % BLOCK
    header = header[:124] + b"%011o\0" % BLOCK + header[136:156] + b"S" + header[157:386] + piece + header[386 + len(piece):]
    return with_sum(header[:483] + base_256(size, 12) + header[495:])


def mutant(data, draw):
    """DATA with some of it flipped, overwritten, cut out or doubled."""
    out = bytearray(data)
    for _ in range(draw.randint(1, 20)):
        at = draw.randrange(len(out))
        how = draw.randrange(4)
        if how == 0:
            out[at] ^= 1 << draw.randrange(8)
        elif how == 1:
            out[at:at + 4] = draw.choice((b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff\xff\xff\xff"))
        elif how == 2 and len(out) > 128:
            del out[at:at + draw.randint(1, 64)]
        else:
            out[at:at] = out[draw.randrange(len(out)):][:draw.randint(1, 64)]
    return bytes(out)


class Pwned:
    """Unpickled, it would leave a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


# For Debian's Python (oracle.py): an ONNX model that takes its first weights from PLACE.
EXTERNAL = r"""
import onnx
proto = onnx.load_from_string(base64.b64decode(model))
weights = proto.graph.initializer[0]
weights.ClearField('raw_data')
weights.data_location = onnx.TensorProto.EXTERNAL
entry = weights.external_data.add()
entry.key, entry.value = 'location', place
answer = base64.b64encode(proto.SerializeToString()).decode()
"""

# An XGBoost model of UBJSON as JSON.
AS_JSON = r"""
import xgboost
booster = xgboost.Booster(model_file=bytearray(base64.b64decode(model)))
answer = base64.b64encode(bytes(booster.save_raw('json'))).decode()
"""
