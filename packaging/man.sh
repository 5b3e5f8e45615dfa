#!/usr/bin/env bash
# Writes exhibit.1 and one page per command from what the program says with --help, so
# that the pages never say anything else: packaging/man.sh BINARY DIRECTORY
set -euo pipefail
exhibit=$1
out=$2
mkdir -p "$out"
version=$("$exhibit" --version | awk '{print $2}')
escape() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/"; }
page() { # page NAME SUMMARY COMMAND...
    local name=$1 summary=$2
    shift 2
    printf '.TH %s 1 "" "exhibit %s" "User Commands"\n.SH NAME\n%s \\- %s\n' \
        "$(tr '[:lower:]' '[:upper:]' <<<"$name")" "$version" "$(escape <<<"$name")" \
        "$(escape <<<"$summary")"
    printf '.SH DESCRIPTION\n.nf\n'
    "$@" --help | escape
    printf '.fi\n.SH SEE ALSO\n'
    [ "$name" = exhibit ] || printf '.BR exhibit (1)\n'
    [ "$name" != exhibit ] || commands | while read -r c _; do printf '.BR exhibit\\-%s (1)\n' "$c"; done
}
commands() { "$exhibit" --help | sed -nE 's/^  ([a-z]+) +(.*)/\1 \2/p'; }
page exhibit 'verify and analyze Kubernetes evidence packages offline' "$exhibit" >"$out/exhibit.1"
commands | while read -r command summary; do
    page "exhibit-$command" "$summary" "$exhibit" "$command" >"$out/exhibit-$command.1"
done
