#!/usr/bin/env bash
# ./dev bench store [--json FILE] [--quick] [--directory DIR]
exec "$(dirname "${BASH_SOURCE[0]}")/../build/release/bin/bench_store" "$@"
