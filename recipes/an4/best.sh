#!/usr/bin/env bash
# The best recogniser of AN4 that we know, with what AN4 has and nothing else.
#
#     [an4=FOLDER] [work=FOLDER] [seed=N] [threads=N] [from=STAGE] \
#         recipes/an4/best.sh
#
# Pretrains and fine-tunes as the curve does, and weighs n-grams on the
# development set. What is learned longer, with best.conf, is all of AN4's
# training part, the development set too, whose error then chooses nothing:
# n-grams keep the weights from before. A model card is written beside it. The
# last two lines on stdout are the error rates on the official test recordings.
work=${work:-work/an4-experiments}
# shellcheck source=recipes/an4/experiments.sh
. "$(dirname "${BASH_SOURCE[0]}")/experiments.sh"
best=best-$seed

learn() {
    awk 'NR == 1 || FNR > 1' "$corpus"/{train,dev}.tsv >"$corpus/both.tsv"
    make_ngrams "$corpus/both.tsv" "$work/words-both.arpa"
    "$attune" finetune --data "$corpus/both.tsv" --dev "$corpus/dev.tsv" \
        --init "$work/encoder-own-km-$seed.safetensors" \
        --out "$work/$best.safetensors" --config "$here/model.conf" \
        --config "$here/best.conf" --seed "$seed" --threads "$threads"
}

hear() {
    transcribe "$best" "$best"
    transcribe "$best" "$best-ngrams" --config "$work/own-km-all-$seed.conf" \
        --lm "$work/words-both.arpa"
    card "$best"
}

encoder own-km "$seed"
recogniser own-km all "$seed"
stage "$best" learn
stage "measure-$best" hear
for file in "$best" "$best-ngrams"; do
    echo "$(rates "$work/$file.txt" | sed 's| | / |') WER / CER, $file"
done
