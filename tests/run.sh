#!/usr/bin/env bash
# Runs the suites and adds them up: tests/run.sh BUILD [unit|cli|browser|replay]
# What failed is printed in full; the last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 3
out=$1
want=${2:-all}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

list_unit() {
    find tests/formats tests/verify tests/analyze -name '*.c' 2>/dev/null | sort |
        sed -E "s|^tests/(.*)\.c$|unit $out/tests/\1|"
}
list_replay() { find tests/fuzz -name 'fuzz_*.c' | sort | sed -E "s|.*/fuzz_(.*)\.c|replay $out/replay/\1|"; }
list_cli() { find tests/cli -name 'test_*.py' 2>/dev/null | sort | sed 's/^/python /'; }
list_browser() { find tests/browser -name 'test_*.py' 2>/dev/null | sort | sed 's/^/python /'; }

case $want in
unit | cli | browser | replay) "list_$want" ;;
all) list_replay; list_cli; list_unit; list_browser; echo 'layers tests/layers.sh' ;;
*) echo "no such suite: $want" >&2; exit 2 ;;
esac >"$results/list"

# One process per core; each leaves a file "PASSED FAILED" and prints its own line.
xargs -P "$(nproc)" -L 1 -a "$results/list" tests/one.sh "$out" "$results"
read -r passed failed < <(cat "$results"/*.count 2>/dev/null |
    awk '{ok += $1; bad += $2} END {print ok + 0, bad + 0}')
# A suite that left no count did not run.
lost=$(($(wc -l <"$results/list") - $(find "$results" -name '*.count' | wc -l)))
failed=$((failed + lost))
[ "$passed" -gt 0 ] || failed=$((failed + 1))
echo "$passed passed, $failed failed" | tee "$out/summary"
[ "$failed" -eq 0 ]
