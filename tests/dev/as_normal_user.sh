#!/usr/bin/env bash
# as_normal_user.sh PROGRAM ARGUMENT…: runs it as `nobody`, without a capability, where this is root; else as who this is.
# Root in a user namespace that maps nobody else is, to the kernel, a normal user already.
set -euo pipefail
nobody=$(id -u nobody)
mapped() { awk -v id="$nobody" '$1 <= id && id < $1 + $3 { found = 1 } END { exit !found }' /proc/self/uid_map; }
if [ "$(id -u)" = 0 ] && mapped; then
  printf 'as nobody (%s)\n' "$nobody"
  # From a folder that is open to others, with the programs it starts beside it: those above it may be closed.
  program=$1 && shift
  place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
  chmod 755 "$place" && mkdir -p "$place/bin" "$place/libexec/weft"
  cp "$program" "$place/bin/" && cp "$(dirname "$program")"/../libexec/weft/weft-gate "$place/libexec/weft/"
  cd "$place/bin" && set -- "./$(basename "$program")" "$@"
  setpriv --reuid "$nobody" --regid "$nobody" --clear-groups --inh-caps=-all -- env HOME=/tmp "$@"
  exit
fi
printf 'as %s, which is no more than a normal user here\n' "$(id -u)"
exec "$@"
