#!/usr/bin/env bash
# The checks that are worth their noise: tests/lint.sh BUILD (whose generated headers exist).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 3
out=$1
bad=0
step() { # step NAME COMMAND...
    local name=$1
    shift
    if "$@"; then echo "lint: $name ok"; else
        echo "lint: $name FAILED" >&2
        bad=1
    fi
}
mapfile -t sources < <(git ls-files '*.c' '*.h' '*.cc' ':!corpus')
mapfile -t units < <(git ls-files 'formats/*.c' 'verify/*.c' 'analyze/*.c')
mapfile -t scripts < <(git ls-files '*.sh' '.ci/run')

layout() { clang-format --dry-run -Werror "${sources[@]}"; }
# internalAstError: it does not parse __builtin_*_overflow in a condition; autoVariables: a
# context on the stack that outlives the call it is made for.
# A file that outgrows 500 lines does more than one thing.
length() { wc -l "${sources[@]}" | awk '$1 > 500 && $2 != "total" {print $2 ": " $1 " lines"; bad = 1} END {exit bad}'; }
check_c() {
    cppcheck --quiet -j "$(nproc)" --std=c11 --enable=warning,portability --inline-suppr \
        --error-exitcode=1 --suppress=missingIncludeSystem --suppress=unknownMacro \
        --suppress=missingInclude --suppress=internalAstError --suppress=autoVariables \
        -D_GNU_SOURCE -I. formats verify analyze
}
tidy() {
    printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -n 4 sh -c \
        'clang-tidy --quiet "$@" -- -std=c17 -I. -I'"$out"' -D_GNU_SOURCE \
            -DEXHIBIT_VERSION=\"lint\" 2>/dev/null' tidy
}
shell() { shellcheck --severity=warning "${scripts[@]}"; }

step clang-format layout
step 'length of files' length
step shellcheck shell
step cppcheck check_c
step clang-tidy tidy
exit $bad
