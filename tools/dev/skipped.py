#!/usr/bin/env python3
"""skipped.py CTEST_LOG LISTING: only tests in LISTING (ctest -N -L shared-data) may skip; they are counted and listed.
Exits 1 otherwise."""
import re
import sys

skipped = re.findall(r"^\s+\d+ - (\S.*?) \(Skipped\)", open(sys.argv[1], errors="replace").read(), re.M)
shared = set(re.findall(r"Test\s+#\d+: (\S.*?)\s*$", open(sys.argv[2], errors="replace").read(), re.M))
others = [name for name in skipped if name not in shared]
if skipped:
    print(f"skipped for want of ../shared: {len(skipped) - len(others)}")
    for name in skipped:
        if name in shared:
            print(f"  {name}")
if others:
    print("skipped, which only tests of shared data may:", file=sys.stderr)
    for name in others:
        print(f"  {name}", file=sys.stderr)
    sys.exit(1)
