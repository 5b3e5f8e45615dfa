#!/usr/bin/env bash
# The checks that are worth their noise: formatting, cppcheck, clang-tidy's bug finders.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=0
sources=$(git ls-files '*.c' '*.h' '*.cc')
clang-format --dry-run -Werror $sources || bad=1
cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem --suppress=unknownMacro -I. formats verify analyze || bad=1
clang-tidy --quiet --warnings-as-errors='*' \
    --checks='-*,bugprone-*,clang-analyzer-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-bugprone-reserved-identifier,-bugprone-assignment-in-if-condition' \
    $(git ls-files 'formats/*.c' 'verify/*.c' 'analyze/*.c') -- -std=c17 -I. -Ibuild -D_GNU_SOURCE \
    -DEXHIBIT_VERSION='"lint"' 2>/dev/null || bad=1
[ $bad -eq 0 ] && echo 'lint: ok'
exit $bad
