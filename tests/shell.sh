# What shell tests have in common; source it from the project's root.
#
#     . tests/shell.sh
#     check "a sentence that is true" command arguments...
#     finish
#
# $attune is the program (built with sanitizers where that build is there),
# $work a folder that is removed at the end, $data the folder of real speech
# (ATTUNE_DATA), which need not exist.
# shellcheck shell=bash disable=SC2034

set -uo pipefail
[ -f Makefile ] || { echo "run from the project's root" >&2; exit 2; }

attune=$PWD/build/checked/attune
[ -x "$attune" ] || attune=$PWD/build/release/attune
release=$PWD/build/release/attune
data=${ATTUNE_DATA:-../shared/data}
work=$(mktemp -d "${TMPDIR:-/tmp}/attune-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0

# check SENTENCE COMMAND...: passes when the command does.
check() {
    local sentence=$1
    shift
    if "$@" >"$work/.out" 2>&1; then
        echo "ok - $sentence"
    else
        echo "not ok - $sentence: $*"
        sed 's/^/#   /' "$work/.out" | tail -n 15
        failures=$((failures + 1))
    fi
}

# skip SENTENCE REASON: says what was not tested, which is no failure.
skip() {
    echo "# skipped: $1: $2"
}

# refused PATTERN COMMAND...: the command fails with status 1 or 2, and the last
# line on stderr (what came before is progress) matches the pattern.
refused() {
    local pattern=$1 code=0
    shift
    "$@" >"$work/.stdout" 2>"$work/.stderr" || code=$?
    cat "$work/.stderr"
    [ $code = 1 ] || [ $code = 2 ] || { echo "exit status $code"; return 1; }
    tail -n 1 "$work/.stderr" | grep -Eq -- "$pattern" ||
        { echo "not $pattern"; return 1; }
}

same() {
    [ "$1" = "$2" ] || { echo "$1"; echo "is not"; echo "$2"; return 1; }
}

finish() {
    [ $failures = 0 ]
    exit
}
