#!/usr/bin/env bash
# attune pretrain and finetune under the thread sanitizer: workers and readers
# touch nothing at the same time.
. tests/shell.sh
. tests/tones.sh

attune=$PWD/build/threaded/attune
if ! [ -x "$attune" ]; then
    skip "training under the thread sanitizer" \
        "wants make FLAVOUR=threaded SANITIZE=thread"
    attune=$release # the same runs, seen by nobody
fi
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
tones "$work/train" 8 1
options="--rate 8000 --bins 24 --dim 16 --layers 1 --heads 2 --ffn 32
    --batch-seconds 4 --micro-seconds 2 --lanes 5 --threads 3 --readers 2
    --cache-mib 0 --updates 8 --save-every 3"

# shellcheck disable=SC2086 # words
pretrain() {
    $attune pretrain --data "$work/train" --out "$work/$1.st" $options \
        --codes 8 --whiten 4 --targets "$1"
}
# shellcheck disable=SC2086
finetune() {
    $attune finetune --data "$work/train/table.tsv" --dev \
        "$work/train/table.tsv" --out "$work/f.st" $options \
        --validate-every 4 --cmvn stored --join-seconds 4 --consistency 0.2
}
transcribe() {
    $attune transcribe --model "$work/f.st" --table "$work/train/table.tsv" \
        --threads 3
}

check "pretraining on random projections has no races" pretrain random-projection
check "pretraining on clusters has no races" pretrain k-means
check "fine-tuning has no races" finetune
check "transcribing has no races" transcribe
finish
