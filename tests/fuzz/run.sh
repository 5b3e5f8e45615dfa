#!/usr/bin/env bash
# tests/fuzz/run.sh FOLDER SECONDS TARGET...: each target for so many seconds, as many at a
# time as there are cores. What crashed is kept in FOLDER, with its log.
set -uo pipefail
export folder=$1 seconds=$2
shift 2
fuzz() {
    local work=$folder/$1.corpus log=$folder/$1.log
    mkdir -p "$work"
    if "$folder/$1" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$folder/$1-" "$work" "corpus/fuzz/$1" \
        >"$log" 2>&1; then
        echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs"
    else
        tail -40 "$log"
        echo "$1: FOUND SOMETHING, see $log"
        return 1
    fi
}
export -f fuzz
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' bash -c 'fuzz {}'
status=$?
[ $status -eq 0 ] && echo "$# targets, nothing found"
exit $status
