#!/usr/bin/env bash
# Writes exhibit.1 and one page per command from what the program says with --help, so
# that the pages never say anything else: packaging/man.sh BINARY DIRECTORY
set -euo pipefail
exhibit=$1
out=$2
mkdir -p "$out"
version=$("$exhibit" --version | awk '{print $2}')
date=$(LC_ALL=C date -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}" +%F)
escape() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^\([.']\)/\\\\\&\1/"; }
# The sections of a page: how it is called, what it does, examples. Lines stay as they are.
sections() {
    awk 'function section(name) { if (open) print ".fi"; print ".SH " name; print ".nf"; open = 1 }
        /^usage: / { section("SYNOPSIS"); sub(/^usage: /, ""); print; usage = 1; next }
        usage && /^       / { sub(/^       /, ""); print; next }
        usage { section("DESCRIPTION"); usage = 0; if ($0 == "") next }
        /^examples:$/ { section("EXAMPLES"); next }
        open { print } # what stands before is in NAME
        END { if (open) print ".fi" }'
}
page() { # page NAME SUMMARY COMMAND...
    local name=$1 summary=$2
    shift 2
    printf '.TH %s 1 %s "exhibit %s" "User Commands"\n.SH NAME\n%s \\- %s\n' \
        "$(tr '[:lower:]' '[:upper:]' <<<"$name")" "$date" "$version" \
        "$(escape <<<"$name")" "$(escape <<<"$summary")"
    "$@" --help | escape | sections
    printf '.SH EXIT STATUS\n%s\n' \
        "0: everything that was asked was checked and held. 1: the evidence falls short.
2: usage, or the package cannot be opened. 3: exhibit's own failure."
    printf '.SH SEE ALSO\n'
    [ "$name" = exhibit ] || printf '.BR exhibit (1)\n'
    [ "$name" != exhibit ] || commands | while read -r c _; do printf '.BR exhibit\\-%s (1)\n' "$c"; done
}
commands() { "$exhibit" --help | sed -nE 's/^  ([a-z]+) +(.*)/\1 \2/p'; }
page exhibit 'verify and analyze Kubernetes evidence packages offline' "$exhibit" >"$out/exhibit.1"
commands | while read -r command summary; do
    page "exhibit-$command" "$summary" "$exhibit" "$command" >"$out/exhibit-$command.1"
done
