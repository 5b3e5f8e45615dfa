#!/usr/bin/env bash
# Installs the job array script and the units of re-verification, which call the binary of
# that prefix: packaging/batch.sh PREFIX UNITS [DESTDIR]
set -euo pipefail
cd "$(dirname "$0")/../batch"
prefix=$1 units=$2 destination=${3:-}
install -D -m 755 exhibit.sbatch "$destination$prefix/share/exhibit/exhibit.sbatch"
install -d "$destination$units"
for unit in exhibit-reverify.service exhibit-reverify.timer; do
    sed "s|/usr/local/bin|$prefix/bin|" "$unit" >"$destination$units/$unit"
    chmod 644 "$destination$units/$unit"
done
