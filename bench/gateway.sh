#!/usr/bin/env bash
# ./dev bench gateway [--json FILE] [--seconds N] [--quick]
exec python3 "$(dirname "${BASH_SOURCE[0]}")/gateway.py" "$@"
