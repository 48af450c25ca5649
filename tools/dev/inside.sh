#!/usr/bin/env bash
# Runs one ./dev command inside the environment that tools/dev/environment.sh made.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
export CCACHE_DIR="${WEFT_CACHE:-$HOME/.cache/weft}/ccache" CCACHE_BASEDIR="$top"
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_MAXSIZE=8G CCACHE_NOHASHDIR=1  # another clone of the same sources finds what this one compiled
command=$1
shift
jobs=${WEFT_JOBS:-$(nproc)}

build_directory() { printf %s "${WEFT_BUILD:-$top/build/$1}"; }

configure() {
  local preset=$1 directory
  directory=$(build_directory "$preset")
  if [ ! -e "$directory/build.ninja" ] || [ "$top/CMakePresets.json" -nt "$directory/build.ninja" ]; then
    (cd "$top" && cmake --preset "$preset" -B "$directory" >"/tmp/weft-configure.$$" 2>&1) ||
      { cat "/tmp/weft-configure.$$" >&2; rm -f "/tmp/weft-configure.$$"; exit 1; }
    rm -f "/tmp/weft-configure.$$"
  fi
}

build() {
  local preset=${1:-dev}
  [ $# -gt 0 ] && shift
  configure "$preset"
  cmake --build "$(build_directory "$preset")" -j "$jobs" ${1:+--target "$@"}
}

case $command in
  build) build "$@" ;;
  shell) if [ $# -gt 0 ]; then exec bash "$@"; else exec bash -l; fi ;;
  *) exec "$top/tools/dev/$command.sh" "$@" ;;
esac
