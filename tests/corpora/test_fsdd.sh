#!/usr/bin/env bash
# Spoken digits: each speaker is left out once.
. tests/shell.sh

# The dataset as it is published, of no sound: three speakers, five takes.
published() {
    local name
    mkdir -p "$work/copy/recordings"
    for name in {0..9}_{ann,bob,cy}_{0,1,2,3,10}; do
        echo "$name" >"$work/copy/recordings/$name.wav"
    done
    corpora/fsdd/prepare.sh "$work/out" "$work/copy" >"$work/said" || return 1
    cat "$work/said"
    same "$(grep '^bob/' "$work/said" | tr '\n' ' ')" "bob/untranscribed: 60 \
recordings bob/train: 40 recordings bob/dev: 40 recordings bob/test: 50 \
recordings " && same "$(grep '^7_ann_1' "$work/out/bob/train.tsv")" \
        $'7_ann_1\taudio/recordings/7_ann_1.wav\tann\tseven'
}

left_out() { # FOLDER COUNT
    local speakers=0 speaker
    for speaker in "$1"/*/; do
        speakers=$((speakers + 1))
        corpora/disjoint.sh "$speaker/test.tsv" \
            "$speaker/"{untranscribed,train,dev}.tsv || return 1
        # dev has the speakers of train, but is not learned from.
        ! tail -n +2 "$speaker/dev.tsv" | cut -f 1 | grep -wFf - \
            "$speaker/"{train,untranscribed}.tsv || return 1
    done
    same $speakers "$2"
}

real() {
    corpora/fsdd/prepare.sh "$work/real" "$data/fsdd" >"$work/said" || return 1
    same "$(sed 's/.*\///' "$work/said" | sort | uniq -c | tr -s ' \n' ' ')" \
        " 6 dev: 100 recordings 6 test: 500 recordings 6 train: 100 \
recordings 6 untranscribed: 2400 recordings " || return 1
    # Ten recordings of each digit.
    same "$(tail -q -n +2 "$work/real/"*/train.tsv | cut -f 4 | sort |
        uniq -c | awk '{ print $1 }' | uniq)" 60
}

check "each speaker is left out once" published
check "nothing of the speaker that is left out is learned from" \
    left_out "$work/out" 3
check "a folder that is not there is refused" refused 'none: no such folder' \
    corpora/fsdd/prepare.sh "$work/no" "$work/none"
check "another folder is refused" refused 'neither manifest.tsv nor' \
    corpora/fsdd/prepare.sh "$work/no" "$work/out"
if [ -d "$data/fsdd" ]; then
    check "six speakers have ten recordings of each digit to learn from" real
    check "nothing of six speakers that are left out is learned from" \
        left_out "$work/real" 6
else
    skip "the digits' tables" "no $data/fsdd"
fi
finish
