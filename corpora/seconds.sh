#!/usr/bin/env bash
# How long each recording of a table is.
#
#     [attune=PROGRAM] corpora/seconds.sh TABLE
#
# Prints id and seconds, tab-separated. They are counted in frames of features,
# so that whatever can be learned from can be measured; 10 ms is its unit.
set -euo pipefail

[ $# -eq 1 ] || {
    echo "usage: $0 TABLE" >&2
    exit 2
}
root=$(cd "$(dirname "$0")/.." && pwd)
attune=${attune:-$root/build/release/attune}
[ -x "$attune" ] || {
    echo "$attune: not built yet: run make in $root" >&2
    exit 1
}
features=$(mktemp)
trap 'rm -f "$features"' EXIT
"$attune" features --table "$1" --bins 4 --out "$features" >&2

# The header of the file gives each tensor's shape, [frames, bins]. A frame is
# 25 ms, the next begins 10 ms later, and less than 10 ms are left over.
LC_ALL=C grep -aoE '"[^"]*":\{"dtype":"F32","shape":\[[0-9]+' "$features" |
    sed -E 's/^"([^"]*)".*\[/\1\t/' |
    awk -F '\t' '{ printf "%s\t%.2f\n", $1, $2 / 100 + 0.02 }'
