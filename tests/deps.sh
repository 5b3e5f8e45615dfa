#!/usr/bin/env bash
# Installs the Debian packages named on the command line that are missing, and says which.
# Nothing is fetched from anywhere but the machine's own Debian mirror.
set -euo pipefail
installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^ii *//p' || true)
missing=()
for package in "$@"; do
    grep -qxF "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "not root and no sudo; please install: ${missing[*]}" >&2
        exit 2
    }
    as_root=(sudo)
fi
echo "installing from Debian: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
wait_for_lock=(-o DPkg::Lock::Timeout=600)
"${as_root[@]}" apt-get "${wait_for_lock[@]}" update -qq
"${as_root[@]}" apt-get "${wait_for_lock[@]}" install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
