#!/usr/bin/env python3
"""ctest_log.py CTEST_LOG LISTING: names the tests that a passed run of ctest skipped.

Only tests in LISTING (ctest -N -L shared-data) may skip; exits 1 otherwise."""
import re
import sys


def skipped(log):
    """The names of the tests that did not run."""
    return re.findall(r"^\s+\d+ - (\S.*?) \((?:Skipped|Not Run|Disabled)\)", log, re.M)


def listed(listing):
    """The names of the tests that `ctest -N` lists."""
    return set(re.findall(r"Test\s+#\d+: (\S.*?)\s*$", listing, re.M))


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def report(title, names, file=sys.stdout):
    if names:
        print("\n  ".join([title, *names]), file=file, flush=True)


def main(log_path, listing_path):
    log, shared = read(log_path), listed(read(listing_path))
    allowed = [name for name in skipped(log) if name in shared]
    others = [name for name in skipped(log) if name not in shared]
    report(f"skipped for want of ../shared: {len(allowed)}", allowed)
    report("skipped, which only tests of shared data may:", others, sys.stderr)
    return 1 if others else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
