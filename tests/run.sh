#!/usr/bin/env bash
# Runs the suites and adds them up: tests/run.sh BUILD [unit|cli|browser|replay]
# Every suite prints what failed; the last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."
out=$1
want=${2:-all}
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count() { # count PASSED FAILED
    passed=$((passed + $1))
    failed=$((failed + $2))
}
unit() {
    local test ok bad
    while IFS= read -r test; do
        "$test" --jobs "$(nproc)" >"$log" 2>&1
        local status=$?
        read -r ok bad < <(sed -nE 's/.*Tested: .*[^0-9]([0-9]+).*Passing: .*[^0-9]([0-9]+).*Failing: .*[^0-9]([0-9]+).*Crashing: .*[^0-9]([0-9]+).*/\2 \3 \4/p' "$log" |
            sed -E 's/\x1b\[[0-9;]*m//g' | awk '{print $1, $2 + $3}')
        if [ -z "${ok:-}" ]; then ok=0 bad=1; fi
        if [ $status -ne 0 ]; then
            [ "$bad" -eq 0 ] && bad=1
            cat "$log"
        fi
        printf '%-48s %4d passed %4d failed\n' "${test#"$out"/tests/}" "$ok" "$bad"
        count "$ok" "$bad"
    done < <(find "$out/tests" -type f -perm -u+x ! -name '*.d' | sort)
}
# Each python file is a unittest suite; EXHIBIT names the binary.
python_suite() {
    local file ran bad
    for file in "tests/$1"/test_*.py; do
        [ -e "$file" ] || continue
        EXHIBIT=$PWD/$out/exhibit PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$PWD/tests \
            python3 -m unittest -b "$file" >"$log" 2>&1
        local status=$?
        ran=$(sed -nE 's/^Ran ([0-9]+) tests?.*/\1/p' "$log" | tail -1)
        bad=$(sed -nE 's/^FAILED \((.*)\)$/\1/p' "$log" | grep -oE '(failures|errors|unexpected successes)=[0-9]+' |
            awk -F= '{s += $2} END {print s + 0}')
        ran=${ran:-0}
        bad=${bad:-0}
        if [ $status -ne 0 ]; then
            [ "$bad" -eq 0 ] && bad=1
            cat "$log"
        fi
        [ "$ran" -lt "$bad" ] && ran=$bad
        printf '%-48s %4d passed %4d failed\n' "$1/$(basename "$file")" $((ran - bad)) "$bad"
        count $((ran - bad)) "$bad"
    done
}
replay() {
    local target name
    for target in "$out"/replay/*; do
        [ -x "$target" ] || continue
        name=$(basename "$target")
        if "$target" "corpus/fuzz/$name" >"$log" 2>&1; then
            count 1 0
        else
            cat "$log"
            echo "replay of $name failed"
            count 0 1
        fi
    done
    echo "replay of fuzz seeds done"
}
layers() {
    if tests/layers.sh; then count 1 0; else count 0 1; fi
}
case $want in
unit) unit ;;
cli) python_suite cli ;;
browser) python_suite browser ;;
replay) replay ;;
all) layers; unit; replay; python_suite cli; python_suite browser ;;
esac
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
