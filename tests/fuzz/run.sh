#!/usr/bin/env bash
# tests/fuzz/run.sh FOLDER SECONDS TARGET...: each target for so many seconds.
set -uo pipefail
folder=$1
seconds=$2
shift 2
failed=0
for target in "$@"; do
    work=$folder/$target.corpus
    mkdir -p "$work"
    echo "fuzzing $target for $seconds s"
    "$folder/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -verbosity=0 \
        -artifact_prefix="$folder/$target-" "$work" "corpus/fuzz/$target" || failed=$((failed + 1))
done
echo "$# targets, $failed with findings"
[ $failed -eq 0 ]
