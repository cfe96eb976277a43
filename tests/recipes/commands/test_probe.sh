#!/usr/bin/env bash
# attune probe: one line for each codebook and layer, the same on any number of
# workers, and what is wrong is named.
. tests/shell.sh
. tests/tones.sh

tones "$work/train" 24 1
tones "$work/dev" 12 2
cd "$work" || exit 1
small='--rate 8000 --bins 24 --dim 32 --layers 2 --heads 2 --ffn 64
    --batch-seconds 6 --micro-seconds 3'
# shellcheck disable=SC2086
"$release" pretrain --data train/table.tsv --out p.st $small --codes 16 \
    --targets random-projection --whiten 4 --updates 20 >log 2>&1 &&
    "$release" finetune --data train/table.tsv --dev dev/table.tsv --init p.st \
        --out m.st --batch-seconds 6 --micro-seconds 3 --learning-rate 0.003 \
        --updates 160 --dropout 0 --speed 0 --time-masks 0 \
        --frequency-masks 0 >log 2>&1 ||
    { cat log; echo "not ok - models to test with"; exit 1; }

probe() {
    $attune probe --model p.st --aligner m.st --data train/table.tsv \
        --dev dev/table.tsv "$@"
}

says_every_codebook_and_layer() {
    probe >table 2>said && probe --json >lines 2>said || return 1
    cat table
    same "$(grep -c '^codebook [1-4] ' table)" 4 &&
        same "$(grep -c '^layer [0-2] ' table)" 3 &&
        same "$(grep -c '"kind":"codebook"' lines)" 4 &&
        same "$(grep -c '"kind":"layer".*"untrained_accuracy"' lines)" 3 &&
        same "$(grep -c '"kind":"guess"' lines)" 1
}

# Each letter is a tone.
tones_are_told_apart() {
    awk '
        /^guess/ { guess = $2 }
        /^frames/ { frames = $2 }
        END { exit !(guess > 0 && frames > guess + 20) }' table
}

workers_do_not_matter() {
    local n
    for n in 1 2 3; do
        probe --threads $n >"t$n" 2>said || return 1
    done
    cmp t1 t2 && cmp t1 t3
}

a_recogniser_has_layers_alone() {
    probe --model m.st >table 2>said || return 1
    grep -q 'keeps no codes' said && same "$(grep -c '^codebook' table)" 0 &&
        same "$(grep -c '^layer' table)" 3
}

codes_of_kmeans_are_counted() {
    # shellcheck disable=SC2086
    "$release" pretrain --data train/table.tsv --out k.st $small --codes 16 \
        --updates 5 >log 2>&1 || { cat log; return 1; }
    probe --model k.st >table 2>said || { cat said; return 1; }
    cat table
    awk '/^codebook/ && $5 > 0.3 { ok = 1 } END { exit !ok }' table
}

codes_of_a_layer_want_its_model() {
    # shellcheck disable=SC2086
    "$release" pretrain --data train/table.tsv --out l.st $small --codes 16 \
        --targets k-means --target-model p.st --updates 5 >log 2>&1 &&
        "$release" pretrain --data train/table.tsv --out wide.st $small \
            --dim 48 --codes 16 --updates 1 >log 2>&1 || { cat log; return 1; }
    refused 'name it with --target-model' probe --model l.st &&
        refused 'wide.st: its layers have 48 dimensions, the codes 32' \
            probe --model l.st --target-model wide.st || return 1
    probe --model l.st --target-model p.st >table 2>said ||
        { cat said; return 1; }
    cat table
    awk '/^codebook/ && $5 > 0.3 { ok = 1 } END { exit !ok }' table
}

refuses() {
    printf 'id\tpath\nu\tu0.wav\n' >dev/bare.tsv
    refused 'are wanted' $attune probe --model p.st &&
        refused 'p.st: pretrained only' probe --aligner p.st &&
        refused 'bare.tsv: has no transcripts' probe --dev dev/bare.tsv &&
        refused 'absent.st' probe --model absent.st &&
        refused 'no recording could be aligned' probe --longest-seconds 0.1
}

a_picture_is_whole() {
    probe --picture drawn --utterance u3 >table 2>said || { cat said; return 1; }
    same "$(wc -c <table)" 0 &&
        awk '{ if (NF != 24) exit 1 }' drawn/frames.txt &&
        same "$(wc -l <drawn/codes.txt)" "$(wc -l <drawn/posteriors.txt)" &&
        awk '{ s = 0; for (i = 1; i <= NF; i++) s += $i
            if (s > 1.01) exit 1 }' drawn/posteriors.txt &&
        awk '$1 < at || $2 <= $1 { exit 1 } { at = $2 }
            END { exit !NR }' drawn/letters.txt &&
        same "$(find drawn -type f | wc -l)" 5
}

a_picture_that_cannot_be_written_leaves_nothing() {
    refused 'no recording "nobody"' probe --picture none --utterance nobody &&
        refused 'keeps no codes' probe --model m.st --picture none &&
        [ ! -e none ] && mkdir -p blocked/axes.gp &&
        refused 'blocked/axes.gp' probe --picture blocked &&
        same "$(find blocked -type f | wc -l)" 0
}

check "every codebook and layer has its line" says_every_codebook_and_layer
check "tones are told apart by their frames" tones_are_told_apart
check "the number of workers changes nothing" workers_do_not_matter
check "of a recogniser the layers alone are probed" \
    a_recogniser_has_layers_alone
check "codes of k-means are counted" codes_of_kmeans_are_counted
check "codes of a layer are counted with its model" \
    codes_of_a_layer_want_its_model
check "what cannot be probed is refused" refuses
check "a picture is of one recording" a_picture_is_whole
check "a picture that cannot be written leaves nothing" \
    a_picture_that_cannot_be_written_leaves_nothing
finish
