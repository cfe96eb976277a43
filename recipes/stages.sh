# What the recipes have in common; sourced by their run.sh.
# shellcheck shell=bash
#
#     work=FOLDER            where everything is written
#     . recipes/stages.sh
#     stage NAME COMMAND...
#
# A stage logs to $work/log/NAME, adds the processor time it took, in seconds,
# as a line to $work/cpu/NAME, and leaves the mark $work/done/NAME; marked stages
# are skipped, so that a recipe which was stopped goes on where it was.
# `from=NAME` in the environment runs that stage and all after it again; where
# no stage has that name, the recipe fails at its end.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
attune=${attune:-$root/build/release/attune}
[ -x "$attune" ] || {
    echo "$attune: not built yet: run make in $root" >&2
    exit 1
}
mkdir -p "${work:?}/log" "$work/done" "$work/cpu"

# A file, since stages may be in subshells.
found=$work/log/.from
rm -f "$found"
must_be_found() {
    local code=$?
    if [ $code = 0 ] && [ ! -e "$found" ]; then
        echo "from=$from: no stage has that name" >&2
        exit 1
    fi
}
[ -z "${from:-}" ] || trap must_be_found EXIT

# $used: processor seconds of this shell's children so far.
processor_time() {
    local pid=$BASHPID # not that of $(...)
    used=$(awk -v ticks="$(getconf CLK_TCK)" '
        { sub(/.*\) /, ""); print ($14 + $15) / ticks }' "/proc/$pid/stat")
}

stage() {
    local name=$1 code before
    shift
    if [ "${from:-}" = "$name" ]; then
        again=1
        : >"$found"
    fi
    if [ -e "$work/done/$name" ] && [ -z "${again:-}" ]; then
        echo "== $name: done before" >&2
        return
    fi
    rm -f "$work/done/$name"
    echo "== $name" >&2
    processor_time
    before=$used
    # Not `if "$@"` or `"$@" || code=$?`: set -e would be off inside.
    set +e
    (
        set -e
        "$@"
    ) 2>&1 | tee "$work/log/$name" >&2
    code=${PIPESTATUS[0]}
    set -e
    processor_time
    awk -v before="$before" -v after="$used" \
        'BEGIN { printf "%.1f\n", after - before }' >>"$work/cpu/$name"
    if [ "$code" != 0 ]; then
        echo "== $name failed (exit status $code): see $work/log/$name;" \
            "the same command goes on here" >&2
        exit "$code"
    fi
    : >"$work/done/$name"
}
