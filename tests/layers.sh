#!/usr/bin/env bash
# Fails when a layer includes upward, or when formats/ touches the world.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=0
forbid() { # forbid WHERE PATTERN WHY
    if grep -rnE --include='*.c' --include='*.h' --include='*.cc' "$2" $1; then
        echo "layers: $3" >&2
        bad=1
    fi
}
forbid formats '#include "(verify|analyze)/' 'formats/ may not include verify/ or analyze/'
forbid formats/base '#include "formats/[a-z_]+(/criu)?[a-z_]*\.h"' 'formats/base/ may not know a format'
forbid verify '#include "analyze/' 'verify/ may not include analyze/'
forbid formats '(^|[^_a-zA-Z.>])(open|openat|fopen|printf|fprintf|puts|exit|time|clock_gettime|getenv|setlocale|localtime|gmtime)\(' \
    'formats/ may not open, print, exit, ask the clock or the environment'
forbid analyze '#include <openssl/' 'analyze/ may not compute digests or touch keys'
forbid '.' '#include "\.\.?/' 'includes are from the root: "layer/file.h"'
[ $bad -eq 0 ] && echo 'layers: ok'
exit $bad
