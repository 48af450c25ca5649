#!/usr/bin/env bash
# ./dev demo [--once …]: the city, the hub (release build) and every SDK calling every solution.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
"$top/tools/dev/inside.sh" build release weft weft_workers
city="$top/examples/city"
"$city/setup.sh" >&2
exec "$city/node_modules/node/bin/node" "$city/demo/demo.mjs" --weft "$top/build/release/bin/weft" "$@"
