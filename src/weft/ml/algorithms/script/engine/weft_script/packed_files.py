"""Which files of a folder are packed, by the rules of ml/worker/packed_files.h: those that lie in it, and those that its links
lead to inside of it, as if they lay there themselves. Whoever filled the folder may still be at it, so no path is trusted
twice: files are opened through no link (archive.py)."""
import errno
import os
import stat

from weft_script import limits
from weft_script.problem import Problem

# A name where no file is any more.
GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)


class LeftOut(Exception):
    """Why what a link leads to is not packed."""


def files_of(folder):
    """Pairs of a name and of the place under the folder, through no link, both as parts of a path; in the order of the names."""
    return Walk(folder).all()


class Walk:
    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.files = []
        # Folders still to be looked into: name, places, whether a link led there. The places: where it lies, and before that
        # where the links lie that led to it.
        self.folders = [((), [()], False)]
        self.linked = self.linked_bytes = 0

    def all(self):
        while self.folders:
            name, places, linked = self.folders.pop()
            for part in self.names_in(places[-1]):
                self.look_at((*name, part), [*places[:-1], (*places[-1], part)], linked)
        return sorted(self.files)

    def path(self, place):
        return os.path.join(self.folder, *place)

    def names_in(self, place):
        try:
            return os.listdir(self.path(place))
        except OSError as error:
            if error.errno in GONE:
                return []
            raise

    def status(self, place):
        try:
            return os.lstat(self.path(place))
        except OSError as error:
            if error.errno in GONE:
                return None
            raise

    def look_at(self, name, places, linked):
        status = self.status(places[-1])
        if status is not None and stat.S_ISLNK(status.st_mode):
            try:
                place = self.led_to(places[-1])
                status = self.status(place)
                self.check(place, places, status)
                places, linked = [*places, place], True
            except LeftOut as why:
                print(f"weft: the link `{'/'.join(name)}` is not packed: {why}", flush=True)
                return
        if status is None or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            return
        if linked:
            if len(name) > limits.ARCHIVE_DEPTH_MAX:
                print(f"weft: the link `{'/'.join(name)}` is not packed: it lies too deep", flush=True)
                return
            self.count(status)
        if stat.S_ISDIR(status.st_mode):
            self.folders.append((name, places, linked))
        else:
            self.files.append((name, places[-1]))

    @staticmethod
    def check(place, places, status):
        """Whether a link's place can be packed; what lies at the last of `places` leads to it."""
        if status is None or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise LeftOut("it leads to no file or folder")
        if stat.S_ISDIR(status.st_mode) and any(at[:len(place)] == place for at in places):
            raise LeftOut("it leads to a folder that it lies in")

    def led_to(self, place):
        """The place that another one leads to by its links."""
        at, rest, links = [], list(reversed(place)), 0
        while rest:
            part = rest.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not at:
                    raise LeftOut("it leads out of the folder")
                at.pop()
                continue
            try:
                target = os.readlink(self.path((*at, part)))
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise LeftOut("it leads nowhere") from None
                at.append(part)  # no link
                continue
            links += 1
            if links > limits.LINKS_MAX:
                raise LeftOut("it leads through too many links")
            if target.startswith("/"):
                at = []
                target = self.below(target)
            rest += reversed(target.split("/"))
        return tuple(at)

    def below(self, path):
        """The rest of an absolute path behind the folder."""
        if path != self.folder and not path.startswith(self.folder + "/"):
            raise LeftOut("it leads out of the folder")
        return path[len(self.folder):]

    def count(self, status):
        """What is there twice has a bound: folders that hold two links each to the next are many."""
        self.linked += 1
        self.linked_bytes += status.st_size if stat.S_ISREG(status.st_mode) else 0
        for found, most, what in ((self.linked, limits.ARCHIVE_ENTRIES_MAX, "files"),
                                  (self.linked_bytes, limits.ARCHIVE_BYTES_MAX, "bytes")):
            if found > most:
                raise Problem(f"the links in `{os.path.basename(self.folder)}` lead to more than {most} {what}")
