#!/usr/bin/env bash
# make bench: ratios to the tools that people use today, on data made here, in one run.
set -euo pipefail
exec python3 "$(dirname "$0")/bench.py" "$@"
