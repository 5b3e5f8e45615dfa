#!/usr/bin/env bash
# Writes data.c (analyze/data.h): the files named on the command line, as they are.
set -euo pipefail
echo '#include "analyze/data.h"'
i=0
for file in "$@"; do
    echo "static const unsigned char file_${i}[] = {"
    od -An -v -tu1 "$file" | sed 's/ \+/,/g; s/^,//; s/$/,/'
    echo '0};'
    i=$((i + 1))
done
echo 'const struct data_file data_files[] = {'
i=0
for file in "$@"; do
    echo "{\"$file\", {file_$i, sizeof(file_$i) - 1}},"
    i=$((i + 1))
done
echo '{0, {0, 0}}};'
