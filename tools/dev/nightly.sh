#!/usr/bin/env bash
# ./dev nightly [--fuzz-seconds N]: whole clang-tidy, the unit tests under tsan, every fuzzer for ten minutes (two at a
# time), the long crash tests. Prints one line a piece; exits 1 when any failed.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$top"
seconds=600
[ "${1:-}" = --fuzz-seconds ] && seconds=$2
failed=0
report() { printf '%-40s %s\n' "$1" "$2"; [ "$2" = ok ] || failed=1; }

tools/dev/lint.sh >build/nightly-lint.log 2>&1 && report "clang-tidy, whole" ok || report "clang-tidy, whole" FAILED
tools/dev/inside.sh build tsan >build/nightly-tsan.log 2>&1 &&
  TSAN_OPTIONS=halt_on_error=1 ctest --test-dir build/tsan -L unit -j "$(nproc)" >>build/nightly-tsan.log 2>&1 &&
  report "unit tests under tsan" ok || report "unit tests under tsan" FAILED
# By the program itself: ctest would end it after its two minutes.
WEFT_KILLS=10000 build/tsan/bin/weft_store_test --gtest_filter='*CrashTest*' >build/nightly-kills.log 2>&1 &&
  grep -q '^\[  PASSED  \] [1-9]' build/nightly-kills.log &&
  report "10,000 kills" ok || report "10,000 kills" FAILED

tools/dev/inside.sh build fuzz >build/nightly-fuzz-build.log 2>&1 || report "building the fuzzers" FAILED
fuzz() {
  local name=$1 corpus="build/fuzz/corpus/$1"
  mkdir -p "$corpus"
  local seeds=()
  [ -d "tests/corpus/$name" ] && seeds=("tests/corpus/$name")
  "build/fuzz/bin/$name" "$corpus" "${seeds[@]}" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/$name-" >"build/fuzz/$name.log" 2>&1
}
export -f fuzz
export seconds
running=0
declare -A names
for binary in build/fuzz/bin/*_fuzz; do
  [ -x "$binary" ] || continue
  name=$(basename "$binary")
  fuzz "$name" &
  names[$!]=$name
  running=$((running + 1))
  if [ $running -ge "$(nproc)" ]; then
    wait -n -p done && report "fuzz ${names[$done]} ($seconds s)" ok || report "fuzz ${names[$done]} ($seconds s)" FAILED
    running=$((running - 1))
  fi
done
while [ $running -gt 0 ]; do
  wait -n -p done && report "fuzz ${names[$done]} ($seconds s)" ok || report "fuzz ${names[$done]} ($seconds s)" FAILED
  running=$((running - 1))
done
exit $failed
