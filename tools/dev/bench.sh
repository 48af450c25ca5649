#!/usr/bin/env bash
# ./dev bench [NAME] [--json FILE] …: builds the release and runs bench/NAME (all when no name is given).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
name=
if [ $# -gt 0 ] && [[ $1 != -* ]]; then name=$1; shift; fi
"$top/tools/dev/inside.sh" build release weft bench_upstream bench_sse_client
if [ -n "$name" ] && [ ! -x "$top/bench/$name.sh" ]; then
  printf 'error: there is no benchmark `%s`\n\nhint: there are: %s\n' "$name" \
    "$(cd "$top/bench" && ls ./*.sh | sed -e 's|^\./||' -e 's|\.sh$||' | paste -sd' ')" >&2
  exit 2
fi
for script in "$top"/bench/${name:-*}.sh; do "$script" "$@"; done
