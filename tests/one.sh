#!/usr/bin/env bash
# One test program: tests/one.sh BUILD RESULTS KIND PROGRAM (for tests/run.sh).
set -uo pipefail
out=$1 results=$2 kind=$3 program=$4
name=${program#"$out"/}
base=$results/${name//\//_}
log=$base.log
# Sanitizers report into files: Criterion's child reports no leak, nor does a program that
# a Python test started and whose status it did not look at.
mkdir -p "$base.reports"
export ASAN_OPTIONS="log_path=$base.reports/report:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1:log_path=$base.reports/report"
export TMPDIR=$base.tmp
mkdir -p "$TMPDIR"
passed=0 failed=0 skipped=0

unit() {
    timeout -k 5 900 "$program" --jobs 1 --timeout 300 >"$log" 2>&1
    status=$?
    read -r tested passed < <(sed 's/\x1b\[[0-9;]*m//g' "$log" | sed -nE \
        's/.*Synthesis: Tested: ([0-9]+) \| Passing: ([0-9]+) \|.*/\1 \2/p' | tail -1)
    passed=${passed:-0}
    failed=$((${tested:-0} - passed))
}
python() {
    EXHIBIT=$PWD/$out/exhibit PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD/tests \
        timeout -k 5 1800 python3 -m unittest -b "$program" >"$log" 2>&1
    status=$?
    local ran
    ran=$(sed -nE 's/^Ran ([0-9]+) tests?.*/\1/p' "$log" | tail -1)
    failed=$(sed -nE 's/^FAILED \((.*)\)$/\1/p' "$log" | grep -oE '(failures|errors)=[0-9]+' |
        awk -F= '{s += $2} END {print s + 0}')
    skipped=$(sed -nE 's/^(OK|FAILED) \(.*skipped=([0-9]+).*/\2/p' "$log" | tail -1)
    skipped=${skipped:-0}
    passed=$((${ran:-0} - failed - skipped))
    [ "$passed" -ge 0 ] || passed=0
}
replay() {
    timeout -k 5 600 "$program" "corpus/fuzz/$(basename "$program")" >"$log" 2>&1
    status=$?
    [ $status -eq 0 ] && passed=1
}
layers() {
    "$program" "$out/libformats.a" >"$log" 2>&1
    status=$?
    [ $status -eq 0 ] && passed=1
}

"$kind"
reports=$(find "$base.reports" -type f | wc -l)
[ "$reports" -gt "$failed" ] && failed=$reports
# A program that ends badly, or in which nothing ran, has failed whatever it printed. One
# that skips all it has says so: the tools that it compares with are not on this machine.
[ "$failed" -eq 0 ] && { [ $status -ne 0 ] || [ $((passed + skipped)) -eq 0 ]; } && failed=1
echo "$passed $failed" >"$base.count"
rm -rf "$base.tmp"
{
    [ "$failed" -eq 0 ] || cat "$log" "$base.reports"/* 2>/dev/null
    printf '%-56s %5d passed %5d failed' "$name" "$passed" "$failed"
    [ "$skipped" -eq 0 ] && echo || printf ' %5d skipped\n' "$skipped"
} >"$base.print"
cat "$base.print"
