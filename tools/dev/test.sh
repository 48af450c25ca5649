#!/usr/bin/env bash
# ./dev test [--preset PRESET]… [FILTER]: builds and runs the tests. Without --preset: asan+ubsan for the unit,
# property and golden tests, release for the interop tests with the official SDKs and the demo. A word that stands in no C++
# source (golden_path) names none of the former: asan is not built for it.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$top"
presets=() filter=
while [ $# -gt 0 ]; do
  case $1 in
    --preset) presets+=("$2"); shift ;;
    -*) printf 'error: `./dev test` does not know `%s`\n\nhint: ./dev test [--preset PRESET] [FILTER]\n' "$1" >&2; exit 2 ;;
    *) filter=$1 ;;
  esac
  shift
done
in_sources() { grep -rqF --exclude-dir=node_modules --include='*.cc' --include='*.h' --include=CMakeLists.txt -e "$1" src tests; }
if [ ${#presets[@]} = 0 ]; then
  presets=(asan release)
  if [[ $filter =~ ^[A-Za-z0-9_]+$ ]] && ! in_sources "$filter"; then presets=(release); fi
fi
started=$SECONDS matched=0

# What the shared data sets are needed for is counted and listed where they are missing; nothing else may skip.
run_ctest() {
  local preset=$1 log="build/$1/ctest.log" status=0
  shift
  ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure --no-tests=error "$@" 2>&1 |
    tee "$log" | python3 tools/dev/ctest_progress.py || status=$?
  grep -E '^(The following|[[:space:]]+[0-9]+ - |[0-9]+% tests|Total Test|Label)' "$log" || true
  if [ $status != 0 ]; then
    grep -vE '^ *[0-9]+/[0-9]+ Test.*(Passed|Skipped)|^ +Start ' "$log" | tail -n 200
    echo "test: $preset failed (whole log: $log)" >&2
    exit 1
  fi
  ctest --test-dir "build/$preset" -N -L shared-data >"build/$preset/shared.txt"
  python3 tools/dev/ctest_log.py "$log" "build/$preset/shared.txt"
}

for preset in "${presets[@]}"; do
  echo "== $preset: building ($((SECONDS - started)) s)"
  # The release tests meet the program from outside: its unit tests need not be built there.
  case $preset in
    release) targets=(weft weft_workers weft_completion bench_upstream bench_sse_client) ;;
    *) targets=() ;;
  esac
  tools/dev/inside.sh build "$preset" "${targets[@]}"
  echo "== $preset: testing ($((SECONDS - started)) s)"
  case $preset in
    release) labels=(-L 'interop|tidy|cli') ;;
    *) labels=(-L 'unit|shared-data|tidy' -LE interop) ;;
  esac
  if [ -n "$filter" ]; then
    chosen=("${labels[@]}" -R "$filter" -E _NOT_BUILT)
    count=$(ctest --test-dir "build/$preset" -N "${chosen[@]}" | sed -n 's/^Total Tests: //p')
    matched=$((matched + count))
    [ "$count" = 0 ] || ctest --test-dir "build/$preset" -j "$(nproc)" --output-on-failure "${chosen[@]}"
  else
    run_ctest "$preset" "${labels[@]}"
  fi
done
if [ -n "$filter" ] && [ $matched = 0 ]; then
  printf 'error: no test matches `%s`\n\nhint: `./dev shell -c "ctest --test-dir build/asan -N"` lists them\n' "$filter" >&2
  exit 2
fi
echo "== all tests passed in $((SECONDS - started)) s"
