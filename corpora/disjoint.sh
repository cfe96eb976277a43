#!/usr/bin/env bash
# Checks that nothing of a test is learned from.
#
#     corpora/disjoint.sh TEST_TABLE TABLE...
#
# Fails, and names the first of them, if a TABLE has a recording of TEST_TABLE:
# the same file (links are followed), a file of the same bytes, the same id, or
# the same speaker, who is known if neither empty nor "-". Speakers are known by
# name, so that tables of one corpus must call them alike, and tables of several
# must not give two speakers one name. A recording that was cut or coded anew is
# not recognised.
set -euo pipefail
export LC_ALL=C # bytes

[ $# -ge 2 ] || {
    echo "usage: $0 TEST_TABLE TABLE..." >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Writes line, speaker, id, checksum and file of each recording to OUT.
list() { # TABLE OUT
    awk -F '\t' -v OFS='\t' -v table="$1" -v folder="$(dirname "$1")" '
        { sub(/\r$/, "") }
        NR == 1 {
            sub(/^\357\273\277/, "")
            for (i = 1; i <= NF; i++)
                at[$i] = i
            if (!at["path"])
                exit
        }
        NR > 1 && NF {
            path = $at["path"]
            print NR, at["speaker"] ? $at["speaker"] : "", \
                at["id"] ? $at["id"] : "", \
                path ~ /^\// ? path : folder "/" path
        }' "$1" >"$2.rows"
    [ -s "$2.rows" ] || {
        echo "$0: $1: no table of recordings" >&2
        exit 1
    }
    cut -f 4 "$2.rows" | tr '\n' '\0' | xargs -0 realpath -ez -- >"$2.files" || {
        echo "$0: $1: has recordings that are not there" >&2
        exit 1
    }
    xargs -0 sha256sum -z -- <"$2.files" | tr '\0' '\n' | cut -c -64 |
        paste <(cut -f -3 "$2.rows") - <(tr '\0' '\n' <"$2.files") >"$2"
}

test=$1
shift
list "$test" "$work/test"
for table; do
    list "$table" "$work/table"
    awk -F '\t' -v test="$test" -v table="$table" -v program="$0" '
        function refuse(what, line) {
            printf "%s: %s:%d: %s as %s:%d\n", program, table, $1, what, \
                test, line >"/dev/stderr"
            refused = 1
            exit 1
        }
        FNR == NR {
            speaker[$2] = id[$3] = bytes[$4] = file[$5] = $1
            next
        }
        FNR == 1 { delete speaker[""]; delete speaker["-"]; delete id[""] }
        $5 in file { refuse("the same file, " $5 ",", file[$5]) }
        $4 in bytes { refuse("the same bytes, " $5 ",", bytes[$4]) }
        $3 in id { refuse("the same id, " $3 ",", id[$3]) }
        $2 in speaker { refuse("the same speaker, " $2 ",", speaker[$2]) }
        $2 != "" && $2 != "-" && !seen[$2]++ { speakers++ }
        END {
            if (!refused)
                printf "%s: %d recordings, %d known speakers: none of %s\n", \
                    table, FNR, speakers, test
        }' "$work/test" "$work/table"
done
