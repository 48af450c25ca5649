#!/usr/bin/env bash
# ./dev nightly [PIECE…] [--fuzz-seconds N]: the long checks, as many at a time as there are cores. A PIECE is lint (the whole
# clang-tidy), tsan (the unit tests under it), kills (10,000 of the store's), ml (training and serving: 100 kills among jobs,
# 20,000 mutants of models), fuzz (every fuzzer for ten minutes of processor time) or one fuzzer's name; without any, all of
# them, which takes some four hours on two cores. Prints a line a piece; exits 1 when one failed.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$top"
hint='./dev nightly [lint|tsan|kills|ml|fuzz|NAME_fuzz]… [--fuzz-seconds N]'
seconds=600
pieces=() fuzzers=()
while [ $# -gt 0 ]; do
  case $1 in
    lint | tsan | kills | ml | fuzz) pieces+=("$1") ;;
    *_fuzz) fuzzers+=("$1") ;;
    --fuzz-seconds)
      [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { printf 'error: --fuzz-seconds needs a number of seconds\n\nhint: %s\n' "$hint" >&2; exit 2; }
      seconds=$2
      shift
      ;;
    *) printf 'error: `./dev nightly` does not know `%s`\n\nhint: %s\n' "$1" "$hint" >&2; exit 2 ;;
  esac
  shift
done
[ ${#pieces[@]} -gt 0 ] || [ ${#fuzzers[@]} -gt 0 ] || pieces=(lint tsan kills ml fuzz)

failed=0
mkdir -p build/nightly
report() {  # NAME ok|FAILED [LOG]
  printf '%-36s %-6s %s\n' "$1" "$2" "${3:-}"
  [ "$2" = ok ] || failed=1
}
# Runs one piece with its log beside it, and says how it went and how long it took.
piece() {  # NAME FUNCTION
  local log="build/nightly/$2.log" began=$SECONDS
  printf '%s: begun, log in %s\n' "$1" "$log"
  if "$2" >"$log" 2>&1; then report "$1" ok "$((SECONDS - began)) s"; else report "$1" FAILED "see $log"; fi
}

whole_lint() { tools/dev/lint.sh; }
unit_tests_under_tsan() {
  tools/dev/inside.sh build tsan && TSAN_OPTIONS=halt_on_error=1 ctest --test-dir build/tsan --output-on-failure --no-tests=error -L unit -j "$(nproc)"
}
many_kills() {  # by the program itself: ctest would end it after its two minutes
  tools/dev/inside.sh build tsan weft_store_test && WEFT_KILLS=10000 build/tsan/bin/weft_store_test --gtest_filter='*CrashTest*' |
    tee build/nightly/kills.txt && grep -q '^\[  PASSED  \] [1-9]' build/nightly/kills.txt
}
many_models() {
  tools/dev/inside.sh build release weft weft_workers && WEFT_ML_KILLS=100 WEFT_ML_MUTANTS=5000 WEFT_ML_LONG=1 \
    tests/ml/run --weft build/release/bin/weft attacks faults stores_that_fail
}
built_fuzzers() { tools/dev/inside.sh build fuzz weft_fuzzers; }

fuzz() {  # NAME
  local corpus="build/fuzz/corpus/$1" seeds=()
  mkdir -p "$corpus"
  [ -d "tests/corpus/$1" ] && seeds=("tests/corpus/$1")
  exec python3 tools/dev/fuzz_for.py "$seconds" "build/fuzz/bin/$1" "$corpus" "${seeds[@]}" -rss_limit_mb=2048 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="build/nightly/$1-" >"build/nightly/$1.log" 2>&1
}

declare -A running
trap 'kill ${!running[@]} 2>/dev/null' EXIT
one_ended() {
  local id status=0 name runs
  wait -n -p id "${!running[@]}" || status=1
  name=${running[$id]}
  unset "running[$id]"
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/nightly/$name.log")
  if [ $status -eq 0 ] && [ -n "$runs" ]; then
    report "$name" ok "$seconds s, $runs runs"
  else
    report "$name" FAILED "see build/nightly/$name.log"
  fi
}

for name in "${pieces[@]}"; do
  case $name in
    lint) piece "clang-tidy of every source" whole_lint ;;
    tsan) piece "unit tests under tsan" unit_tests_under_tsan ;;
    kills) piece "10,000 kills" many_kills ;;
    ml) piece "kills and mutants of models" many_models ;;
  esac
done
if [ ${#fuzzers[@]} -gt 0 ] || [[ " ${pieces[*]} " == *" fuzz "* ]]; then
  piece "building the fuzzers" built_fuzzers
  [ ${#fuzzers[@]} -gt 0 ] || mapfile -t fuzzers < <(cd build/fuzz/bin && ls -1 ./*_fuzz | sed 's|^\./||')
  [ ${#fuzzers[@]} -gt 0 ] || report "fuzzers" FAILED "none was built"
  for name in "${fuzzers[@]}"; do
    [ -x "build/fuzz/bin/$name" ] || { report "$name" FAILED "there is no such fuzzer"; continue; }
    printf '%s: begun\n' "$name"
    fuzz "$name" &
    running[$!]=$name
    [ ${#running[@]} -lt "$(nproc)" ] || one_ended
  done
  while [ ${#running[@]} -gt 0 ]; do one_ended; done
fi
exit $failed
