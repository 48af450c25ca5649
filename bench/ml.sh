#!/usr/bin/env bash
# ./dev bench ml [--json FILE] [--seconds N] [--quick] [--only invoke|noop|grpc|onnx|train|large|load|list]
exec python3 "$(dirname "${BASH_SOURCE[0]}")/ml.py" "$@"
