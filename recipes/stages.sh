# What the recipes have in common; sourced by their run.sh.
# shellcheck shell=bash
#
#     work=FOLDER            where everything is written
#     . recipes/stages.sh
#     stage NAME COMMAND...
#
# A stage logs to $work/log/NAME and leaves the mark $work/done/NAME; marked
# stages are skipped, so that a recipe which was stopped goes on where it was.
# `from=NAME` in the environment runs that stage and all after it again.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
attune=${attune:-$root/build/release/attune}
[ -x "$attune" ] || {
    echo "$attune: not built yet: run make in $root" >&2
    exit 1
}
mkdir -p "${work:?}/log" "$work/done"

stage() {
    local name=$1 code
    shift
    if [ "${from:-}" = "$name" ]; then
        again=1
    fi
    if [ -e "$work/done/$name" ] && [ -z "${again:-}" ]; then
        echo "== $name: done before" >&2
        return
    fi
    rm -f "$work/done/$name"
    echo "== $name" >&2
    # Not `if "$@"` or `"$@" || code=$?`: set -e would be off inside.
    set +e
    (
        set -e
        "$@"
    ) 2>&1 | tee "$work/log/$name" >&2
    code=${PIPESTATUS[0]}
    set -e
    if [ "$code" != 0 ]; then
        echo "== $name failed (exit status $code): see $work/log/$name;" \
            "the same command goes on here" >&2
        exit "$code"
    fi
    : >"$work/done/$name"
}

# score_line TABLE TRANSCRIPTS: the last line of attune score.
score_line() {
    "$attune" score "$1" "$2" | tail -n 1
}

# The error rate of characters, on a line of its own.
character_line() {
    "$attune" score "$1" "$2" | grep '^%CER'
}

# side_by_side TABLE TRANSCRIPTS... : of every eighth recording what was said,
# and what each of the transcripts has.
side_by_side() {
    local table=$1
    shift
    awk -F '\t' '
        FILENAME != last { file++; last = FILENAME }
        file == 1 && FNR == 1 {
            for (i = 1; i <= NF; i++)
                column[$i] = i
            next
        }
        file == 1 { id[++n] = $column["id"]; said[n] = $column["text"]; next }
        { heard[file, $1] = $2; label[file] = FILENAME }
        END {
            for (f = 2; f <= file; f++) {
                sub(/.*\//, "", label[f])
                sub(/\.[^.]*$/, "", label[f])
            }
            for (u = 4; u <= n && shown < 6; u += int(n / 6)) {
                printf "\n%-12s %s\n", "said", tolower(said[u])
                for (f = 2; f <= file; f++)
                    printf "%-12s %s\n", label[f], heard[f, id[u]]
                shown++
            }
        }' "$table" "$@"
}
