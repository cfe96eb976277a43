#!/usr/bin/env bash
# Installs the Debian packages that attune needs and that are missing.
#
#     recipes/setup.sh [mpi|test]
#
# Without arguments: what the build and the recipes need; `mpi`: what the build
# for more than one machine needs as well; `test`: what the tests need as well.
set -euo pipefail

packages="gcc libc6-dev make pkg-config libsndfile1-dev libsamplerate0-dev
    libfftw3-dev libopenblas-dev libjansson-dev libutf8proc-dev zlib1g-dev
    gnuplot-nox"
optional= # what not every release of Debian has
case ${1:-} in
'') ;;
mpi) packages="$packages libopenmpi-dev openmpi-bin" ;;
test)
    packages="$packages libopenmpi-dev openmpi-bin libcmocka-dev sox procps
        mandoc cmark locales"
    optional=sctk
    ;;
*)
    echo "usage: $0 [mpi|test]" >&2
    exit 2
    ;;
esac

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}
wanted() { # what is missing; of the optional what apt knows
    local package
    for package in $packages; do
        installed "$package" || printf ' %s' "$package"
    done
    for package in $optional; do
        installed "$package" || ! apt-cache show "$package" >/dev/null 2>&1 ||
            printf ' %s' "$package"
    done
}
missing=$(wanted)
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
    echo "$0: not a Debian: install what these packages are here:$missing" >&2
    exit 1
}
root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "$0: missing:$missing: as root: apt-get install$missing" >&2
        exit 1
    }
    root=sudo
fi
echo "installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2046 # words
if ! { $root apt-get update && $root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends $(wanted); } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "$0: apt-get failed" >&2
    exit 1
fi
