#!/usr/bin/env bash
# Pretraining on telephone prompts in five languages, then fine-tuning on
# twelve minutes of English; and the same fine-tuning from scratch.
#
#     [work=FOLDER] [seed=N] [threads=N] [from=STAGE] recipes/quickstart/run.sh
#
# The last two lines on stdout are the word error rates on held-out recordings.
# Stopped, it goes on where it was. Settings: the .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${work:-work/quickstart}
# shellcheck source=recipes/stages.sh
. "$here/../stages.sh"
seed=${seed:-1}
corpus=$work/prompts
common=(--config "$here/model.conf" --seed "$seed" --threads "${threads:-0}")

prepare() {
    "$root/corpora/prompts/prepare.sh" "$corpus"
}

pretrain() {
    "$attune" pretrain --data "$corpus/untranscribed.tsv" \
        --out "$work/encoder.safetensors" \
        --config "$here/pretrain.conf" "${common[@]}"
}

finetune() { # NAME [--init ENCODER]
    local name=$1
    shift
    "$attune" finetune --data "$corpus/train.tsv" --dev "$corpus/dev.tsv" \
        --out "$work/$name.safetensors" \
        --config "$here/finetune.conf" "${common[@]}" "$@"
}

transcribe() { # NAME
    "$attune" transcribe --model "$work/$1.safetensors" \
        --table "$corpus/test.tsv" --threads "${threads:-0}" >"$work/$1.txt"
}

plot() {
    local name
    for name in scratch pretrained; do
        "$attune" show "$work/$name.safetensors.journal" \
            --columns update,dev_wer >"$work/$name.curve"
    done
    gnuplot -e "work='$work'" "$here/plot.gp"
}

stage corpus prepare
stage pretrain pretrain
stage scratch finetune scratch
stage pretrained finetune pretrained --init "$work/encoder.safetensors"
stage transcribe-scratch transcribe scratch
stage transcribe-pretrained transcribe pretrained
stage plot plot

side_by_side "$corpus/test.tsv" "$work/scratch.txt" "$work/pretrained.txt"
echo
echo "learning curves: $work/curves.svg"
echo "transcribe your own: $attune transcribe" \
    "--model $work/pretrained.safetensors RECORDING..."
echo
for name in scratch pretrained; do
    echo "$(character_line "$corpus/test.tsv" "$work/$name.txt") $name"
done
for name in scratch pretrained; do
    echo "$(score_line "$corpus/test.tsv" "$work/$name.txt") $name"
done
