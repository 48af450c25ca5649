#!/usr/bin/env bash
# ./dev bench [NAME] [--json FILE] [--quick] …: builds the release and runs bench/NAME.sh, all of them when no name is given. Each
# knows --json and --quick; what else one knows, bench/README.md says.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
names=() json=
if [ $# -gt 0 ] && [[ $1 != -* ]]; then names=("$1"); shift; fi
if [ ${#names[@]} = 0 ]; then
  for script in "$top"/bench/*.sh; do names+=("$(basename "$script" .sh)"); done
  for option in "$@"; do
    case $option in
      --json | --quick) ;;
      -*) printf 'error: `%s` belongs to one benchmark\n\nhint: ./dev bench NAME %s …; there are: %s\n' "$option" "$option" \
        "${names[*]}" >&2; exit 2 ;;
    esac
  done
elif [ ! -x "$top/bench/${names[0]}.sh" ]; then
  printf 'error: there is no benchmark `%s`\n\nhint: there are: %s\n' "${names[0]}" \
    "$(cd "$top/bench" && ls ./*.sh | sed -e 's|^\./||' -e 's|\.sh$||' | paste -sd' ')" >&2
  exit 2
fi
rest=()
while [ $# -gt 0 ]; do
  if [ "$1" = --json ]; then json=${2:?--json needs a file}; shift; else rest+=("$1"); fi
  shift
done
"$top/tools/dev/inside.sh" build release weft weft_workers bench_upstream bench_sse_client bench_store
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
for name in "${names[@]}"; do "$top/bench/$name.sh" "${rest[@]}" --json "$folder/$name.json"; done
[ -n "$json" ] || exit 0
# One file of all, as each writes it.
python3 - "$json" "$folder"/*.json <<'PY'
import json, sys
parts = [json.load(open(name)) for name in sys.argv[2:]]
machine = {key: value for part in parts for key, value in part["machine"].items()}
with open(sys.argv[1], "w") as file:
    json.dump({"machine": machine, "rows": [row for part in parts for row in part["rows"]]}, file, indent=1)
    file.write("\n")
PY
