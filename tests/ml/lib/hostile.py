"""Archives and models as an attacker makes them."""
import gzip
import io
import struct
import tarfile
import zipfile
import zlib

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


def many(count):
    """An archive of so many empty files, small as it lies there: the headers differ in the name and the sum alone."""
    header = tarfile.TarInfo("0" * 9).tobuf(tarfile.GNU_FORMAT)
    total = sum(header[:148] + b" " * 8 + header[156:]) - 9 * ord("0")
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as packed:
        for begin in range(0, count, 10_000):
            names = [b"%09d" % at for at in range(begin, min(begin + 10_000, count))]
            packed.write(b"".join(name + header[9:148] + b"%06o\0 " % (total + sum(name)) + header[156:] for name in names))
        packed.write(bytes(2 * BLOCK))
    return out.getvalue()


def endless_names(count):
    """So many headers that each give the next one a long name, and no entry that would have it."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = b"L", BLOCK
    return gzip.compress((header.tobuf(tarfile.GNU_FORMAT) + b"n" * (BLOCK - 1) + b"\0") * count, 1)


def nested_zip(depth, width=16):
    """As 42.zip: archives in an archive, the innermost hold megabytes of nothing."""
    data, name = bytes(2**20), "0"
    for level in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for at in range(width):
                packed.writestr(f"{name}-{at}", data)
        data, name = out.getvalue(), f"lib{level}.zip"
    return data


def nested_gzip(data, depth):
    for _ in range(depth):
        data = gzip.compress(data)
    return data


def rar4():
    """A RAR of version 4 with one file, of the method that has filters; its data is nothing that unpacks."""
    def block(what, flags, rest):
        data = struct.pack("<BHH", what, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(data) & 0xFFFF) + data
    packed = b"\x80" + bytes(63)
    name = b"xgboost-model"
    # Unix, version 2.9, the best method: the one that has filters.
    file = struct.pack("<IIBIIBBHI", len(packed), 1 << 20, 3, 0, 0, 29, 0x35, len(name), 0o100644) + name
    return b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6)) + block(0x74, 0x8000, file) + packed + block(0x7B, 0x4000, b"")


def rar5():
    """A RAR of version 5 with one file of sixteen letters A, run through the filter for calls of x86 (E8)."""
    def number(value):
        out = b""
        while value > 0x7F:
            out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
        return out + bytes([value])

    def block(rest):
        data = number(len(rest)) + rest
        return struct.pack("<I", zlib.crc32(data)) + data

    def zeros(count):
        return "" if count == 0 else "1" + format(min(count, 138) - 11, "07b") + zeros(count - min(count, 138))
    # Lengths of the codes for lengths: one bit each for 1 and for a run of zeros (19). Then those of the letter A and of a filter
    # (256), one bit each.
    bits = "".join(format(int(at in (1, 19)), "04b") for at in range(20))
    bits += zeros(65) + "0" + zeros(190) + "0" + zeros(173)
    # A filter from here on, over 16 bytes, of kind 1; then the letters.
    bits += "1" + "00" + format(0, "08b") + "00" + format(16, "08b") + "001" + "0" * 16
    used = (len(bits) - 1) % 8
    body = int(bits.ljust(-len(bits) % 8 + len(bits), "0"), 2).to_bytes((len(bits) + 7) // 8, "big")
    flags = 0xC0 | used
    packed = bytes([flags, 0x5A ^ flags ^ len(body), len(body)]) + body
    name = b"xgboost-model"
    file = b"".join(map(number, (2, 2, len(packed), 0, 16, 0o644, 3 << 7, 1, len(name)))) + name
    return b"Rar!\x1a\x07\x01\x00" + block(b"\1\0\0") + block(file) + packed + block(b"\5\0\0")


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
    """DATA with some of it flipped, overwritten, cut out or doubled: mostly little, and in place, so that some load."""
    out = bytearray(data)
    in_place = draw.random() < 0.5
    for _ in range(draw.choice((1, 1, 1, 2, 4, 20))):
        at = draw.randrange(len(out))
        how = draw.randrange(2 if in_place else 4)
        if how == 0:
            out[at] ^= 1 << draw.randrange(8)
        elif how == 1:
            out[at:at + 4] = draw.choice((b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80", b"\xff\xff\xff\xff"))[:len(out) - at]
        elif how == 2 and len(out) > 128:
            del out[at:at + draw.randint(1, 64)]
        else:
            out[at:at] = out[draw.randrange(len(out)):][:draw.randint(1, 64)]
    return bytes(out)


class FastText:
    """Where the numbers of a fastText .bin lie, to be made to lie."""
    ARGUMENTS = ("dim", "ws", "epoch", "minCount", "neg", "wordNgrams", "loss", "model", "bucket", "minn", "maxn", "lrUpdateRate")

    def __init__(self, data):
        self.data = data
        self.places = {name: (8 + 4 * at, "<i") for at, name in enumerate(self.ARGUMENTS)}
        self.places.update(magic=(0, "<i"), version=(4, "<i"), size=(64, "<i"), words=(68, "<i"), labels=(72, "<i"),
                           tokens=(76, "<q"), pruned=(84, "<q"))
        at = 92
        for _ in range(self.read("size")):
            at = data.index(b"\0", at) + 1 + 8 + 1
        self.places.update(rows=(at + 1, "<q"), columns=(at + 9, "<q"))
        at += 17 + 4 * self.read("rows") * self.read("columns")
        self.places.update(outputs=(at + 1, "<q"))
        if at + 17 + 4 * self.read("outputs") * self.read("dim") != len(data):
            raise AssertionError("this is no fastText model as it is known here")

    def read(self, name):
        at, form = self.places[name]
        return struct.unpack_from(form, self.data, at)[0]

    def saying(self, **numbers):
        out = bytearray(self.data)
        for name, value in numbers.items():
            at, form = self.places[name]
            struct.pack_into(form, out, at, value)
        return bytes(out)


class Pwned:
    """Unpickled, it would leave a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


# For Debian's Python (oracle.py): an ONNX model with a tensor of kind KIND whose data lies in PLACE.
EXTERNAL = r"""
import onnx
from onnx import helper

def outside(tensor):
    tensor.ClearField('raw_data')
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {'location': place, **more}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value

proto = onnx.load_from_string(base64.b64decode(model))
weights = proto.graph.initializer[0]
if kind == 'weights':
    outside(weights)
elif kind in ('sparse values', 'sparse indices'):
    # The same tensor, said by those of its values that are not zero: all.
    values, indices = onnx.TensorProto(), onnx.TensorProto()
    values.CopyFrom(weights)
    size = weights.dims[0] * weights.dims[1]
    values.dims[:] = [size]
    indices.data_type = onnx.TensorProto.INT64
    indices.dims.append(size)
    indices.raw_data = b''.join(at.to_bytes(8, 'little') for at in range(size))
    outside(values if kind == 'sparse values' else indices)
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, list(weights.dims)))
    proto.graph.initializer.remove(weights)
elif kind == 'constant':
    constant = helper.make_node('Constant', [], [weights.name], value=weights)
    outside(constant.attribute[0].t)
    proto.graph.initializer.remove(weights)
    proto.graph.node.insert(0, constant)
answer = base64.b64encode(proto.SerializeToString()).decode()
"""

# An XGBoost model of UBJSON as JSON.
AS_JSON = r"""
import xgboost
booster = xgboost.Booster(model_file=bytearray(base64.b64decode(model)))
answer = base64.b64encode(bytes(booster.save_raw('json'))).decode()
"""
