#!/usr/bin/env bash
# How much sooner a recogniser that was pretrained is as good as one from
# scratch ever gets: fine-tuned with a shorter schedule of its own, beside the
# long one from scratch, on the same transcripts.
#
#     [an4=FOLDER] [work=FOLDER] [seeds="1 2 3"] [labels="5 10 all"] \
#         [threads=N] [from=STAGE] recipes/an4/sooner.sh
#
# On stdout: a table of the least error rate on the development set from
# scratch, and after how many updates, and processor minutes of fine-tuning,
# either is there. Stopped, it goes on where it was.
work=${work:-work/an4-experiments}
# shellcheck source=recipes/an4/experiments.sh
. "$(dirname "${BASH_SOURCE[0]}")/experiments.sh"

# Where there are many, a short schedule wants less augmentation; where there are
# few, it wants all of it (RESULTS.md).
short() { # LABELS: settings
    case $1 in
    all) echo --updates 3000 --speed 0 --mask-warmup 1 --dropout 0.05 ;;
    10) echo --updates 1500 ;;
    *) echo --updates 1000 ;;
    esac
}

curve_of() { # NAME
    "$attune" show "$work/$1.safetensors.journal" --columns update,dev_wer
}

row() { # LABELS SEED
    local scratch=scratch-$1-$2 pretrained=sooner-$1-$2
    awk -v start="| $1 | $2 |" -v minutes="$(spent "$scratch")" \
        -v short="$(spent "$pretrained")" '
        function spent(minutes, at, of) {
            return sprintf("%.1f", minutes * at / of)
        }
        FNR == 1 { file++; next }
        file == 1 && (best == "" || $2 < best) { best = $2; at = $1 }
        file == 1 { all = $1 }
        file == 2 && $2 <= best && !there { there = $1 }
        file == 2 { few = $1 }
        END {
            printf "%s %.1f | %d | %s |", start, best, at,
                spent(minutes, at, all)
            if (there)
                printf " %d | %s | %.1f |\n", there, spent(short, there, few),
                    at / there
            else
                print " never | | |"
        }' <(curve_of "$scratch") <(curve_of "$pretrained")
}

for seed in ${seeds:-1 2 3}; do
    encoder own-km "$seed"
    for count in ${labels:-5 10 all}; do
        recogniser scratch "$count" "$seed"
        name=sooner-$count-$seed
        # shellcheck disable=SC2046 # words
        stage "$name" fine_tune "$name" "$(labelled "$count")" "$seed" \
            $(short "$count") --validate-every 100 \
            --init "$work/encoder-own-km-$seed.safetensors"
    done
done
echo "| minutes of labels | seed | from scratch, development WER" \
    "| after updates | processor minutes | pretrained, after" \
    "| processor minutes | times sooner |"
echo "|---|---|---|---|---|---|---|---|"
for count in ${labels:-5 10 all}; do
    for seed in ${seeds:-1 2 3}; do
        row "$count" "$seed"
    done
done
