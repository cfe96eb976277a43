#!/usr/bin/env bash
# The recipe for digits, with a program that learns nothing: each speaker is
# left out in turn.
. tests/shell.sh
. tests/untaught.sh

for name in {0..9}_{ann,bob}_{0..5}; do
    echo "$name - -"
done | copy "$work/fsdd"

digits() {
    env fsdd="$work/fsdd" work="$work/x" recipes/digits/run.sh >"$work/out" ||
        return 1
    cat "$work/out"
    made '^pretrain .*/corpus/ann/untranscribed.tsv' 1 &&
        made '^finetune .*/corpus/bob/train.tsv' 2 &&
        made '^finetune .*--init .*/bob/encoder.safetensors' 1 &&
        made '^transcribe .*/corpus/ann/test.tsv .*--lexicon .*/ann/words' 2 &&
        same "$(wc -l <"$work/x/ann/words")" 10 &&
        same "$(tail -n 1 "$work/out" | tr -s ' ')" 'mean 85.0 85.0' &&
        same "$(wc -l <"$work/out")" 4
}

from_a_stage() {
    : >"$calls"
    env from=recognise-scratch fsdd="$work/fsdd" work="$work/x" \
        recipes/digits/run.sh >"$work/out" || return 1
    made '^finetune' 0 && made '^transcribe' 4
}

stops() {
    sed -i '2i [ $1 != finetune ] || exit 1' "$attune"
    refused 'scratch failed .exit status 1' \
        env fsdd="$work/fsdd" work="$work/y" recipes/digits/run.sh
}

check "each speaker is left out in turn" digits
check "each speaker's stages are begun from one that is named" from_a_stage
check "what fails stops the recipe" stops
finish
