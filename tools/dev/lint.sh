#!/usr/bin/env bash
# ./dev lint [--fix] [--changed BASE]: clang-format, the house laws and clang-tidy. --changed looks only at sources that
# differ from BASE and at those that include one of them themselves; what is further away is nightly's (./dev nightly lint).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$top"
fix= base=
while [ $# -gt 0 ]; do
  case $1 in
    --fix) fix=yes ;;
    --changed) base=$2; shift ;;
    *) printf 'error: `./dev lint` does not know `%s`\n\nhint: ./dev lint [--fix] [--changed BASE]\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

sources() { git ls-files -co --exclude-standard 'src/*.h' 'src/*.cc' 'bench/*.cc' 'tests/*.cc' 'tests/*.h'; }

if [ -n "$fix" ]; then
  sources | xargs clang-format-19 -i
else
  sources | xargs clang-format-19 --dry-run --Werror
fi
python3 tests/tidy/tidy.py

# clang-tidy reads the tree as clang compiles it; only the precompiled header and what is generated have to be built.
directory="$top/build/lint"
[ -e "$directory/build.ninja" ] || cmake --preset lint -B "$directory" >/dev/null
cmake --build "$directory" --target weft_pch weft_generated -j "$(nproc)" >/dev/null

changed() {  # sources that differ, and sources that include a header that differs
  python3 - "$base" <<'PY'
import re, subprocess, sys
from pathlib import Path
base = sys.argv[1]
names = subprocess.run(["git", "ls-files", "src", "tests", "bench"], capture_output=True, text=True).stdout.split()
touched = set(subprocess.run(["git", "diff", "--name-only", base], capture_output=True, text=True, check=True).stdout.split())
# Another compiler or library reads everything anew; what is installed for tests does not.
packages = "tools/packages.txt"
compiled = lambda text: text.split("# tests and measurements")[0]
before = subprocess.run(["git", "show", f"{base}:{packages}"], capture_output=True, text=True).stdout
if packages in touched and compiled(before) == compiled(Path(packages).read_text()):
    touched.discard(packages)
if any(n in (packages, ".clang-tidy", "CMakeLists.txt", "cmake/weft.cmake", "cmake/pch.h") for n in touched):
    touched = set(names)
includes = {n: {"src/" + i for i in re.findall(r'#include "(weft/[^"]+)"', Path(n).read_text())}
            for n in names if n.endswith((".h", ".cc"))}
touched |= {n for n, found in includes.items() if found & touched}
print("\n".join(sorted(n for n in touched if n in includes)))
PY
}
if [ -n "$base" ]; then list=$(changed); else list=$(git ls-files 'src/*.cc' 'src/*.h' 'bench/*.cc'); fi
# Every header stands alone: it compiles with nothing before it (but for where the project lies, which every test is told).
headers=$(grep '^src/.*\.h$' <<<"$list" || true)
if [ -n "$headers" ]; then
  tools/dev/lint_each.py "headers that stand alone" \
    clang++-19 -std=c++23 -Isrc '-DWEFT_SOURCE="."' -fsyntax-only -Wno-pragma-once-outside-header -x c++-header <<<"$headers"
fi
# Tests and fuzzers are formatted and compiled without warnings; clang-tidy would read the macros of GoogleTest.
list=$(grep '\.cc$' <<<"$list" | grep -v -e '^tests/' -e '_fuzz\.cc$' -e '_test\.cc$' -e asio_impl || true)
[ -z "$list" ] || tools/dev/lint_each.py clang-tidy clang-tidy-19 -p "$directory" --quiet <<<"$list"
echo "lint: clean"
