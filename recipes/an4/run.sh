#!/usr/bin/env bash
# CMU's AN4: pretraining on its training recordings without transcripts, then
# fine-tuning with them; the same fine-tuning from scratch; and both with a
# language model of the training transcripts.
#
#     [an4=FOLDER] [work=FOLDER] [seed=N] [threads=N] [from=STAGE] \
#         recipes/an4/run.sh
#
# FOLDER is a copy of the corpus, as corpora/an4 knows it; without one it is
# downloaded. The last four lines on stdout are the word error rates on the
# official test recordings. Stopped, it goes on where it was. Settings: the
# .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${work:-work/an4}
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"

language_model() {
    "$attune" ngram --data "$corpus/train.tsv" --out "$work/words.arpa"
}

# Weights are chosen on the development set.
transcribe_with_lm() { # NAME
    "$attune" tune --model "$work/$1.safetensors" --table "$corpus/dev.tsv" \
        --lm "$work/words.arpa" --out "$work/$1.conf" --threads "$threads"
    transcribe "$1" "$1-lm" --config "$work/$1.conf"
}

stage corpus "$root/corpora/an4/prepare.sh" "$corpus" ${an4:+"$an4"}
train_both
stage language-model language_model
for name in scratch pretrained; do
    stage "lm-$name" transcribe_with_lm $name
done
report
for name in scratch pretrained; do
    echo "$("$attune" score "$corpus/test.tsv" "$work/$name-lm.txt" |
        grep '^%WER') $name, with a language model"
done
