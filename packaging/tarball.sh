#!/usr/bin/env bash
# Makes a tarball that runs on any machine with the same processor and glibc 2.36 or later
# (Debian 12), nothing installed: packaging/tarball.sh BINARY DIRECTORY
#
# The binary looks for its libraries in ../lib/exhibit first (DT_RPATH, set when it was
# linked). glibc itself stays the machine's own: its loader and its library belong together.
set -euo pipefail
cd "$(dirname "$0")/.."
exhibit=$1
out=$2
version=$("$exhibit" --version | awk '{print $2}')
name=exhibit-$version-$(uname -m)
root=$out/$name
date=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
rm -rf "$root"
install -D -m 755 "$exhibit" "$root/bin/exhibit"
strip "$root/bin/exhibit"
mkdir -p "$root/lib/exhibit" "$root/share/exhibit/schema"
ldd "$exhibit" | awk '$2 == "=>" {print $3}' |
    grep -vE '/(libc|libm|libdl|libpthread|librt|ld-linux[^/]*)\.so' |
    while read -r library; do install -m 644 "$library" "$root/lib/exhibit/"; done
packaging/man.sh "$exhibit" "$root/share/man/man1"
install -D -m 644 packaging/exhibit.bash-completion \
    "$root/share/bash-completion/completions/exhibit"
install -D -m 644 packaging/exhibit.zsh-completion "$root/share/zsh/site-functions/_exhibit"
install -m 644 analyze/report/schema/*.json "$root/share/exhibit/schema"
install -m 644 analyze/casefile/schema.sql "$root/share/exhibit/schema/case.sql"
install -m 644 README.md LICENSE "$root"
{
    echo "exhibit $version for machines without a network: run bin/exhibit from here."
    echo
    echo "Of the machine itself it needs glibc 2.36 or later, and for the types of files in"
    echo "layers /usr/share/misc/magic.mgc (Debian: libmagic-mgc), and for time zones that"
    echo "timelines name (Europe/Berlin) /usr/share/zoneinfo (Debian: tzdata). Everything else"
    echo "is in lib/exhibit, from these packages of Debian 12:"
    echo
    for library in "$root"/lib/exhibit/*; do
        dpkg-query -S "*/${library##*/}" 2>/dev/null | sed 's/:.*//' | head -1
    done | sort -u | xargs -r dpkg-query -W -f '  ${Package} ${Version}\n' 2>/dev/null | sort -u
} >"$root/INSTALL"
tar -C "$out" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$date" \
    -cJf "$out/$name.tar.xz" "$name"
rm -rf "$root"
echo "$out/$name.tar.xz"
