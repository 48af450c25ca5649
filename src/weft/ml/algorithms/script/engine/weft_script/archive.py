"""Archives, by the rules of ml/worker/archive.h: they come from anybody, so only tar (with or without gzip) is read, files
and folders under the folder, nothing that is a link or a device, within quotas. What is packed twice is the same bytes."""
import gzip
import os
import stat
import string
import tarfile
import zlib

from weft_script import limits, packed_files
from weft_script.problem import Problem

BLOCK = 64 * 1024
IN_LOWER_CASE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def bad(why):
    return Problem(f"the archive cannot be used: {why}")


class Bounded:
    """Reads for tarfile: no header is as long as it may claim, and how far it has come is watched."""

    def __init__(self, file, bytes_max):
        self.file = file
        self.bytes_max = bytes_max

    def check(self):
        if self.file.tell() > self.bytes_max:
            raise bad("it unpacks to more than it may")

    def read(self, size=-1):
        if size < 0 or size > limits.ARCHIVE_READ_MAX:
            raise bad(f"a header of it says that it has {size} bytes")
        data = self.file.read(size)
        self.check()
        return data

    def seek(self, to, whence=0):
        out = self.file.seek(to, whence)
        self.check()
        return out

    def tell(self):
        return self.file.tell()


def place_of(name):
    """The parts of an entry's place under the folder; None when it would lie elsewhere."""
    if not name or name.startswith("/") or "\\" in name or "\0" in name:
        return None
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if len(parts) > limits.ARCHIVE_DEPTH_MAX:
        return None
    if any(part == ".." or len(os.fsencode(part)) > 255 for part in parts):
        return None
    return parts


def check_case(names, place):
    """On many machines two names that differ only in the case of (ASCII) letters are one: there the archive would be another
    model than here. `names`: those of a folder in lower case, each with its spelling and what lies below it."""
    for at, part in enumerate(place):
        spelled, names = names.setdefault(part.translate(IN_LOWER_CASE), (part, {}))
        if spelled != part:
            one, other = "/".join([*place[:at], spelled]), "/".join(place[:at + 1])
            raise bad(f"its entries `{one}` and `{other}` differ only in upper and lower case, and many machines take them for "
                      "one")


def unpack(path, folder):
    """Into a folder that exists and is empty. What was unpacked before a problem stays."""
    try:
        unpack_tar(path, folder)
    except Problem as problem:
        raise Problem(f"{os.path.basename(path)}: {problem}", problem.theirs) from None


def unpack_tar(path, folder):
    size = os.path.getsize(path)
    bytes_max = min(limits.ARCHIVE_BYTES_MAX, size * limits.ARCHIVE_RATIO_MAX + limits.ARCHIVE_RATIO_SLACK)
    try:
        with open(path, "rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            source = gzip.GzipFile(fileobj=raw) if packed else raw
            # Headers and padding besides the files.
            reader = Bounded(source, bytes_max + limits.ARCHIVE_ENTRIES_MAX * 2048)
            with tarfile.open(fileobj=reader, mode="r:", errorlevel=2) as tar:
                unpack_all(tar, folder, bytes_max)
    except tarfile.ReadError as error:
        raise bad(f"it is no tar archive, with or without gzip, or cut off ({error})") from None
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError, OverflowError) as error:
        raise bad(str(error) or "it cannot be read") from None
    except OSError as error:
        raise bad(error.strerror or str(error)) from None


def unpack_all(tar, folder, bytes_max):
    total, names = 0, {}
    for count, entry in enumerate(tar, 1):
        if count > limits.ARCHIVE_ENTRIES_MAX:
            raise bad(f"it has more than {limits.ARCHIVE_ENTRIES_MAX} entries")
        # The folder itself: what the SageMaker SDK repacks begins with `/`.
        place = [] if entry.isdir() and not entry.name.strip("/") else place_of(entry.name)
        if place is None:
            raise bad(f"its entry `{entry.name}` lies outside of it, or too deep")
        if not (entry.isreg() or entry.isdir()):
            raise bad(f"its entry `{entry.name}` is a link or a device")
        if not place:
            continue
        check_case(names, place)
        total += entry.size if entry.isreg() else 0
        if entry.size < 0 or total > bytes_max:
            raise bad(f"it unpacks to more than {bytes_max} bytes")
        target = os.path.join(folder, *place)
        if entry.isdir():
            os.makedirs(target, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        unpack_file(tar, entry, target)


def unpack_file(tar, entry, target):
    # Two entries of one name: the later would hide the earlier.
    mode = 0o755 if entry.mode & 0o100 else 0o644
    try:
        number = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise bad(f"`{entry.name}` is in it twice") from None
    with os.fdopen(number, "wb") as out, tar.extractfile(entry) as source:
        while data := source.read(BLOCK):
            out.write(data)


def pack(folder, path):
    """The folder's files as a .tar.gz, and as files what its links lead to inside of it (packed_files.py); False when there are
    none."""
    files = packed_files.files_of(folder)
    if not files:
        return False
    partial = path + ".partial"
    with open(partial, "wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=4,
                                                   mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for name, place in files:
                pack_file(tar, folder, "/".join(name), place)
    os.replace(partial, path)
    return True


def open_below(folder, parts):
    """Through no link: what a program has left running may put one anywhere at any moment."""
    at = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = below
        # A pipe is not waited for.
        return os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)


def pack_file(tar, folder, name, place):
    try:
        number = open_below(folder, place)
    except OSError as error:
        if error.errno in packed_files.GONE:
            print(f"weft: {name} is not packed: it is no file any more", flush=True)
            return
        raise
    with os.fdopen(number, "rb") as file:
        of = os.fstat(file.fileno())
        if not stat.S_ISREG(of.st_mode):
            return
        entry = tarfile.TarInfo(name)
        entry.size = of.st_size
        # A program (`serve`) stays one.
        entry.mode = 0o755 if of.st_mode & 0o100 else 0o644
        tar.addfile(entry, file)
