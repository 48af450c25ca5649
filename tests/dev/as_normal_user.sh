#!/usr/bin/env bash
# as_normal_user.sh PROGRAM ARGUMENT…: runs it as `nobody`, without a capability, where this is root; else as who this is.
# Root in a user namespace that maps nobody else is, to the kernel, a normal user already.
set -euo pipefail
nobody=$(id -u nobody)
mapped() { awk -v id="$nobody" '$1 <= id && id < $1 + $3 { found = 1 } END { exit !found }' /proc/self/uid_map; }
if [ "$(id -u)" = 0 ] && mapped; then
  printf 'as nobody (%s)\n' "$nobody"
  # By a way from here: folders above may be closed to others.
  program=$1 && shift
  cd "$(dirname "$program")" && set -- "./$(basename "$program")" "$@"
  exec setpriv --reuid "$nobody" --regid "$nobody" --clear-groups --inh-caps=-all -- env HOME=/tmp "$@"
fi
printf 'as %s, which is no more than a normal user here\n' "$(id -u)"
exec "$@"
