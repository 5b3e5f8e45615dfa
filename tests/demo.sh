#!/usr/bin/env bash
# make demo: the main job on the package in corpus/.
set -euo pipefail
exhibit=$1
out=$2
rm -rf "$out"
mkdir -p "$out"
"$exhibit" analyze corpus/packages/inventory -o "$out" --trust corpus/pki/ca.pem
echo
echo "The report is at $PWD/$out/report.html"
