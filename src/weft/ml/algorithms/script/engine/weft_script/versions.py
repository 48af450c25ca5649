"""Versions and what is asked of them (PEP 440), as far as requirements need: nothing is installed with it, so what it does
not understand counts as not fulfilled and goes to pip."""
import os
import platform
import re
import sys

VERSION = re.compile(r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)[-_.]?"
                     r"(?:(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?"
                     r"(?:(?:[-_.]?(?:post|rev|r)[-_.]?(?P<post>\d*))|(?:-(?P<post_n>\d+)))?"
                     r"(?:[-_.]?dev[-_.]?(?P<dev>\d*))?(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?", re.IGNORECASE)
PRE = {"alpha": "a", "beta": "b", "preview": "rc", "pre": "rc", "c": "rc"}
CLAUSE = re.compile(r"\s*(~=|===|==|!=|<=|>=|<|>)\s*([^\s,;]+)\s*")


class Version:
    def __init__(self, text):
        found = VERSION.fullmatch(text.strip())
        if found is None:
            raise ValueError(text)
        part = found.groupdict()
        self.epoch = int(part["epoch"] or 0)
        self.release = tuple(map(int, part["release"].split(".")))
        self.pre = None
        if part["pre"]:
            name = part["pre"].lower()
            self.pre = (PRE.get(name, name), int(part["pre_n"] or 0))
        self.post = None if part["post"] is None and part["post_n"] is None else int(part["post"] or part["post_n"] or 0)
        self.dev = None if part["dev"] is None else int(part["dev"] or 0)
        self.local = part["local"]

    def base(self):
        release = self.release
        while release and release[-1] == 0:
            release = release[:-1]
        return self.epoch, release

    def is_early(self):
        return self.pre is not None or self.dev is not None

    def key(self):
        """Its place among others: a development version before a pre-release before the release before what follows it."""
        pre = self.pre or (("", -1) if self.dev is not None and self.post is None else ("z", 0))
        post = -1 if self.post is None else self.post
        dev = float("inf") if self.dev is None else self.dev
        return *self.base(), pre, post, dev

    def starts_with(self, other, length):
        """Whether it is `other.*`, of so many parts."""
        return self.epoch == other.epoch and (self.release + (0,) * length)[:length] == other.release[:length]


def fulfils(version, clause):
    """Whether a version fulfils one clause, such as `>=1.2`. ValueError: it cannot be told."""
    found = CLAUSE.fullmatch(clause)
    if found is None:
        raise ValueError(clause)
    operator, text = found.groups()
    if operator == "===":
        return version == text
    have = Version(version)
    if text.endswith(".*"):
        if operator not in ("==", "!="):
            raise ValueError(clause)
        prefix = Version(text[:-2])
        return have.starts_with(prefix, len(prefix.release)) == (operator == "==")
    want = Version(text)
    mine, theirs = have.key(), want.key()
    if operator in ("==", "!="):
        same = mine == theirs and (want.local is None or want.local == have.local)
        return same == (operator == "==")
    if operator == "~=":
        return mine >= theirs and have.starts_with(want, len(want.release) - 1)
    same_base = have.base() == want.base()
    if operator == "<":
        # No early form of the very version that it may not reach.
        return mine < theirs and not (same_base and have.is_early() and not want.is_early())
    if operator == ">":
        # No later form of the very version that it is to exceed.
        later = have.local is not None or (have.post is not None and want.post is None)
        return mine > theirs and not (same_base and later)
    return mine <= theirs if operator == "<=" else mine >= theirs


def marker_values():
    return {"python_version": ".".join(platform.python_version_tuple()[:2]),
            "python_full_version": platform.python_version(), "os_name": os.name, "sys_platform": sys.platform,
            "platform_machine": platform.machine(), "platform_system": platform.system(),
            "platform_release": platform.release(), "platform_python_implementation": platform.python_implementation(),
            "implementation_name": sys.implementation.name, "implementation_version": platform.python_version(),
            "extra": ""}


MARKER_WORD = re.compile(r"\s*(\(|\)|'[^']*'|\"[^\"]*\"|[<>=!~]=?=?|not\s+in\b|in\b|and\b|or\b|[a-z_]+)\s*")


class Marker:
    """`python_version < "3.11" and sys_platform == "linux"` (PEP 508). ValueError: it cannot be told."""

    def __init__(self, text):
        self.words = []
        at = 0
        while at < len(text):
            found = MARKER_WORD.match(text, at)
            if found is None:
                raise ValueError(text)
            self.words.append(re.sub(r"\s+", " ", found.group(1)))
            at = found.end()
        self.values = marker_values()

    def holds(self):
        out = self.either()
        if self.words:
            raise ValueError(self.words[0])
        return out

    def take(self):
        if not self.words:
            raise ValueError("it ends too soon")
        return self.words.pop(0)

    def either(self):
        out = self.both()
        while self.words and self.words[0] == "or":
            self.take()
            other = self.both()
            out = out or other
        return out

    def both(self):
        out = self.one()
        while self.words and self.words[0] == "and":
            self.take()
            other = self.one()
            out = out and other
        return out

    def one(self):
        if self.words and self.words[0] == "(":
            self.take()
            out = self.either()
            if self.take() != ")":
                raise ValueError("a bracket is not closed")
            return out
        names = []
        left = self.value(names)
        operator = self.take()
        right = self.value(names)
        if operator in ("in", "not in"):
            return (left in right) == (operator == "in")
        if any("version" in name for name in names):
            return fulfils(left, operator + right)
        if operator in ("==", "!="):
            return (left == right) == (operator == "==")
        raise ValueError(operator)

    def value(self, names):
        word = self.take()
        if word[0] in "'\"":
            return word[1:-1]
        names.append(word)
        if word not in self.values:
            raise ValueError(word)
        return self.values[word]
