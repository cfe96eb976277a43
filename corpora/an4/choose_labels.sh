#!/usr/bin/env bash
# Chooses the recordings that are transcribed where labels are few.
#
#     [attune=PROGRAM] corpora/an4/choose_labels.sh TABLE
#
# TABLE is the train.tsv that prepare.sh makes. Writes labels-{1,5,10,20}min.list
# beside this: the names (last parts of ids) of the first recordings of one
# order, as many as come nearest to that length. The order: speakers take turns;
# at its turn a speaker gives the first of its recordings that has a letter not
# heard before, or else its first. Speakers, and the recordings of each, are in
# the order of a checksum of their names.
set -euo pipefail

[ $# -eq 1 ] || {
    echo "usage: $0 TABLE" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

checksum() {
    printf %s "$1" | cksum | cut -d ' ' -f 1
}
"$here/../seconds.sh" "$1" >"$work/seconds"
tail -n +2 "$1" | cut -f 3 | LC_ALL=C sort -u | while IFS= read -r speaker; do
    printf '%s\t%s\n' "$speaker" "$(checksum "$speaker")"
done >"$work/speakers"
awk -F '\t' -v OFS='\t' '
    FILENAME ~ /seconds$/ { seconds[$1] = $2; next }
    FILENAME ~ /speakers$/ { order[$1] = $2; next }
    FNR > 1 {
        name = $1
        sub(/.*\//, "", name)
        print order[$3], $3, name, seconds[$1], tolower($4)
    }' "$work/seconds" "$work/speakers" "$1" |
    while IFS=$'\t' read -r order speaker name seconds text; do
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$order" "$(checksum "$name")" \
            "$speaker" "$name" "$seconds" "$text"
    done | LC_ALL=C sort -k 1,1n -k 2,2n -k 4,4 >"$work/order"

# The recordings as they are given, with their lengths; then, for each list, the
# first of them whose sum comes nearest.
awk -F '\t' -v OFS='\t' '
    function has_new(text,    i, letter) {
        for (i = 1; i <= length(text); i++) {
            letter = substr(text, i, 1)
            if (letter ~ /[a-z]/ && !(letter in heard))
                return 1
        }
        return 0
    }
    function choose(s,    i, first_left) {
        for (i = first[s]; i <= last[s]; i++) {
            if (i in given)
                continue
            if (has_new(text[i]))
                return i
            if (!first_left)
                first_left = i
        }
        return first_left
    }
    $3 != speaker { speaker = $3; first[++speakers] = NR }
    { last[speakers] = NR; name[NR] = $4; seconds[NR] = $5; text[NR] = $6 }
    END {
        while (count < NR)
            for (s = 1; s <= speakers; s++) {
                chosen = choose(s)
                if (!chosen)
                    continue
                given[chosen] = 1
                count++
                for (i = 1; i <= length(text[chosen]); i++)
                    heard[substr(text[chosen], i, 1)] = 1
                print name[chosen], seconds[chosen]
            }
    }' "$work/order" >"$work/given"
for minutes in 1 5 10 20; do
    awk -F '\t' -v wanted=$((60 * minutes)) '
        sum + $2 / 2 > wanted { exit }
        { sum += $2; print $1 }' "$work/given" >"$here/labels-${minutes}min.list"
done
