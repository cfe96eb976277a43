#!/usr/bin/env bash
# Runs a recipe with several seeds and prints what RESULTS.md has: a table of
# error rates, and their means.
#
#     recipes/results.sh RECIPE SEED...
#
# Every seed has a work folder of its own, work/RECIPE-SEED, and goes on where
# it was.
set -euo pipefail
[ $# -ge 2 ] || { echo "usage: $0 RECIPE SEED..." >&2; exit 2; }
recipes=$(cd "$(dirname "$0")" && pwd)
recipe=$1
shift
# Those that leave the two transcripts of a test (recipes/comparison.sh).
fitting=$(grep -l '^compare' "$recipes"/*/run.sh | sed 's|/run.sh$||; s|.*/||')
grep -qxF -- "$recipe" <<<"$fitting" || {
    echo "$0: $recipe: RECIPE is one of ${fitting//$'\n'/ }" >&2
    exit 2
}
for seed in "$@"; do
    env work="work/$recipe-$seed" seed="$seed" "$recipes/$recipe/run.sh" >&2
done

attune=${attune:-$recipes/../build/release/attune}
for seed in "$@"; do
    for name in scratch pretrained; do
        "$attune" score "work/$recipe-$seed/corpus/test.tsv" \
            "work/$recipe-$seed/$name.txt" |
            awk -v seed="$seed" -v name=$name '
                /^%/ { rate[$1] = $2 }
                END { print seed, name, rate["%WER"], rate["%CER"] }'
    done
done | awk '
    BEGIN {
        print "| seed | from scratch WER / CER | pretrained WER / CER |"
        print "|---|---|---|"
    }
    {
        text[$2] = $3 " / " $4
        wer[$2] += $3
        cer[$2] += $4
    }
    $2 == "pretrained" {
        print "| " $1 " | " text["scratch"] " | " text["pretrained"] " |"
        n++
    }
    END {
        printf "| mean | %.1f / %.1f | %.1f / %.1f |\n", wer["scratch"] / n,
            cer["scratch"] / n, wer["pretrained"] / n, cer["pretrained"] / n
    }'
