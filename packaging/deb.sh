#!/usr/bin/env bash
# Builds a Debian package for machines without a network, and prints its path:
# packaging/deb.sh BINARY DIRECTORY
set -euo pipefail
cd "$(dirname "$0")/.."
exhibit=$1
out=$2
version=$("$exhibit" --version | awk '{print $2}')
architecture=$(dpkg --print-architecture)
root=$out/exhibit_${version}_$architecture
date=$(LC_ALL=C date -R -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}")
rm -rf "$root"
install -D -m 755 "$exhibit" "$root/usr/bin/exhibit"
strip --remove-section=.comment --remove-section=.note "$root/usr/bin/exhibit"
packaging/man.sh "$exhibit" "$root/usr/share/man/man1"
gzip -9n "$root"/usr/share/man/man1/*.1
install -D -m 644 packaging/exhibit.bash-completion "$root/usr/share/bash-completion/completions/exhibit"
install -D -m 644 packaging/exhibit.zsh-completion "$root/usr/share/zsh/vendor-completions/_exhibit"
install -d "$root/usr/share/exhibit/schema"
install -m 644 analyze/report/schema/*.json "$root/usr/share/exhibit/schema"
install -m 644 analyze/casefile/schema.sql "$root/usr/share/exhibit/schema/case.sql"
packaging/batch.sh /usr /lib/systemd/system "$(realpath "$root")"
doc=$root/usr/share/doc/exhibit
mkdir -p "$doc" "$root/DEBIAN"
printf 'exhibit (%s) stable; urgency=medium\n\n  * Release %s.\n\n -- exhibit <exhibit@localhost>  %s\n' \
    "$version" "$version" "$date" | gzip -9n >"$doc/changelog.gz"
cat >"$doc/copyright" <<END
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: exhibit

Files: *
Copyright: 2026 the authors of exhibit
License: Apache-2.0
 On Debian systems the full text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.
END
# The project has no mail host; and the package databases it reads are the evidence's.
mkdir -p "$root/usr/share/lintian/overrides"
cat >"$root/usr/share/lintian/overrides/exhibit" <<END
exhibit: bogus-mail-host
exhibit: bogus-mail-host-in-debian-changelog
exhibit: uses-dpkg-database-directly
END
# dpkg-shlibdeps wants a source package beside it; this is all it reads of one.
shadow=$(mktemp -d)
trap 'rm -rf "$shadow"' EXIT
mkdir "$shadow/debian"
printf 'Source: exhibit\n\nPackage: exhibit\nArchitecture: any\n' >"$shadow/debian/control"
binary=$PWD/$root/usr/bin/exhibit
[ -e "$binary" ] || binary=$root/usr/bin/exhibit
depends=$(cd "$shadow" && dpkg-shlibdeps -O "$binary" 2>/dev/null | sed 's/^shlibs:Depends=//')
cat >"$root/DEBIAN/control" <<END
Package: exhibit
Version: $version
Architecture: $architecture
Maintainer: exhibit <exhibit@localhost>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: $depends, tzdata
Section: admin
Priority: optional
Description: offline verifier and analyzer of Kubernetes evidence packages
 Takes a preserved incident evidence package, on a machine with no network, and
 says whether it is still what was collected and what happened.
END
chmod -R u=rwX,go=rX "$root"
dpkg-deb --root-owner-group --build "$root" "$out" >/dev/null
echo "$out/exhibit_${version}_$architecture.deb"
