#!/usr/bin/env bash
# Spoken digits of a speaker never heard, from ten labelled examples of each: on
# the Free Spoken Digit Dataset each of six speakers is left out in turn.
# Pretraining on the other five without labels and fine-tuning; the same
# fine-tuning from scratch.
#
#     fsdd=FOLDER [work=FOLDER] [seed=N] [threads=N] [from=STAGE] \
#         recipes/digits/run.sh
#
# FOLDER is a copy of the corpus, as corpora/fsdd knows it. On stdout: for each
# speaker the share of digits recognised, in percent, from scratch and
# pretrained, and the means. Stopped, it goes on where it was. Settings: the
# .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${work:-work/digits}
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"

# A recording is one of the words that were learned.
recognise() { # NAME
    cut -f 4 "$corpus/train.tsv" | tail -n +2 | sort -u >"$work/words"
    transcribe "$1" "$1" --lexicon "$work/words"
}

accuracy() { # NAME
    "$attune" score "$corpus/test.tsv" "$work/$1.txt" |
        awk '/with errors$/ { printf "%.1f", 100 - 100 * $3 / $1 }'
}

fold() { # SPEAKER, in a subshell
    corpus=$corpus/$1
    work=$work/$1
    mkdir -p "$work/log" "$work/done" "$work/cpu"
    stage pretrain pretrain
    stage scratch finetune scratch
    stage pretrained finetune pretrained --init "$work/encoder.safetensors"
    stage recognise-scratch recognise scratch
    stage recognise-pretrained recognise pretrained
    echo "$1 $(accuracy scratch) $(accuracy pretrained)"
}

stage corpus "$root/corpora/fsdd/prepare.sh" "$corpus" "${fsdd:?a copy of the corpus}"
for speaker in "$corpus"/*/; do
    (fold "$(basename "$speaker")")
done >"$work/accuracy"
awk '
    function row(name, a, b) { printf "%-10s %7s %10s\n", name, a, b }
    BEGIN { row("speaker", "scratch", "pretrained") }
    { scratch += $2; pretrained += $3; row($1, $2, $3) }
    END {
        row("mean", sprintf("%.1f", scratch / NR),
            sprintf("%.1f", pretrained / NR))
    }' "$work/accuracy"
