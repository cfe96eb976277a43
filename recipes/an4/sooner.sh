#!/usr/bin/env bash
# How much sooner a recogniser that was pretrained is as good as one from scratch
# ever gets: short fine-tuning, with whole schedules of its own, beside the long
# one from scratch, all transcripts.
#
#     [an4=FOLDER] [work=FOLDER] [seeds="1 2 3"] [updates="1000 2000 3000"] \
#         [threads=N] [from=STAGE] recipes/an4/sooner.sh
#
# On stdout: a table of the least error rates on the development set, and of
# processor minutes. Stopped, it goes on where it was.
work=${work:-work/an4-experiments}
# shellcheck source=recipes/an4/experiments.sh
. "$(dirname "${BASH_SOURCE[0]}")/experiments.sh"

row() { # SEED WHAT STAGE
    "$attune" show "$work/$3.safetensors.journal" --columns update,dev_wer |
        awk -v start="| $1 | $2 |" -v minutes="$(spent "$3")" '
            NR == 1 { next }
            best == "" || $2 < best { best = $2 }
            { updates = $1 }
            END { printf "%s %d | %.1f | %s |\n", start, updates, best, minutes }'
}

for seed in ${seeds:-1 2 3}; do
    recogniser scratch all "$seed"
    encoder own-km "$seed"
    for count in ${updates:-1000 2000 3000}; do
        name=sooner-$count-$seed
        stage "$name" fine_tune "$name" "$corpus/train.tsv" "$seed" --updates "$count" \
            --init "$work/encoder-own-km-$seed.safetensors"
    done
done
echo "| seed | | updates | development WER | processor minutes |"
echo "|---|---|---|---|---|"
for seed in ${seeds:-1 2 3}; do
    row "$seed" scratch "scratch-all-$seed"
    for count in ${updates:-1000 2000 3000}; do
        row "$seed" pretrained "sooner-$count-$seed"
    done
done
