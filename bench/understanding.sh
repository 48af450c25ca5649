#!/usr/bin/env bash
# ./dev bench understanding [--json FILE] [--quick]: how well sentences are understood, on public data where ../shared/data has it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
exec python3 "$here/understanding.py" "$@"
