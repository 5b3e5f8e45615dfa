#!/usr/bin/env bash
# Fails when a layer includes upward, or when formats/ touches the world.
# tests/layers.sh [BUILD/libformats.a]: with the library, its symbols are looked at too.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 3
library=${1:-}
bad=0
forbid() { # forbid FOLDER PATTERN WHY
    if grep -rnP --include='*.c' --include='*.h' --include='*.cc' "$2" "$1"; then
        echo "layers: $3" >&2
        bad=1
    fi
}
forbid formats '#include "(verify|analyze|tests)/' 'formats/ may not include what is above it'
forbid formats/base '#include "formats/(?!base/)' 'formats/base/ may not know a format'
forbid verify '#include "(analyze|tests)/' 'verify/ may not include what is above it'
forbid analyze '#include "tests/' 'analyze/ may not include tests'
forbid analyze '#include <openssl/' 'analyze/ may not compute digests or touch keys'
for folder in formats verify analyze tests; do
    forbid $folder '#include "\.\.?/' 'includes are from the root: "layer/file.h"'
done
world='open|openat|creat|fopen|freopen|popen|system|fork|exec[vl]p?e?|exit|_exit|perror|printf|fprintf|puts|putchar|time|clock_gettime|gettimeofday|getenv|setlocale|localtime(_r)?|gmtime(_r)?|mktime|strftime|socket|connect|rand|random|toupper|tolower|isalpha|isspace|strtod|atof|strcoll'
forbid formats "^(?!\s*(\*|/\*|//)).*(?<![_a-zA-Z0-9.>\"])($world)\(" \
    'formats/ may not open, print, exit, ask the clock, the locale or the environment'
if [ -n "$library" ] && [ -e "$library" ] &&
    nm -A -u "$library" | grep -E " U (__)?($world|stdout|stderr|__ctype_b_loc)(_chk|64|@.*)?$"; then
    echo "layers: $library needs what formats/ may not touch" >&2
    bad=1
fi
[ $bad -eq 0 ] && echo 'layers: ok'
exit $bad
