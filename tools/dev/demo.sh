#!/usr/bin/env bash
# ./dev demo [--once …]: the city, the hub (release build) and every SDK calling every solution.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
"$top/tools/dev/inside.sh" build release weft
city="$top/examples/city"
stamp="$city/node_modules/.weft-installed"
if [ ! -e "$stamp" ] || [ "$city/package-lock.json" -nt "$stamp" ]; then
  echo "installing what the city's programs need (npm ci)" >&2
  (cd "$city" && npm ci --no-audit --no-fund --loglevel=error) && touch "$stamp"
fi
"$city/setup.sh" >&2
exec "$city/node_modules/node/bin/node" "$city/demo/demo.mjs" --weft "$top/build/release/bin/weft" "$@"
