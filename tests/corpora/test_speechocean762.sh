#!/usr/bin/env bash
# speechocean762's tables: official parts, a development set of other speakers.
. tests/shell.sh

# The corpus as it is published, of no sound: speakers 1 to 3 and one of dev.
published() {
    local part speaker n=0
    for part in train/0001 train/0070 test/0003; do
        speaker=${part#*/} part=${part%/*} n=$((n + 1))
        mkdir -p "$work/copy/$part" "$work/copy/WAVE/SPEAKER$speaker"
        echo $n >"$work/copy/WAVE/SPEAKER$speaker/0$n.WAV"
        printf '0%d\tWAVE/SPEAKER%s/0%d.WAV\n' $n $speaker $n \
            >>"$work/copy/$part/wav.scp"
        printf '0%d\tSAY  IT %d\n' $n $n >>"$work/copy/$part/text"
        printf '0%d\t%s\n' $n $speaker >>"$work/copy/$part/utt2spk"
    done
    corpora/speechocean762/prepare.sh "$work/out" "$work/copy" || return 1
    same "$(cat "$work/out/"{train,dev,test,untranscribed}.tsv)" \
        "$(printf '%s\t%s\t%s\t%s\n' id path speaker text \
            01 audio/WAVE/SPEAKER0001/01.WAV 0001 'SAY IT 1' \
            id path speaker text \
            02 audio/WAVE/SPEAKER0070/02.WAV 0070 'SAY IT 2' \
            id path speaker text \
            03 audio/WAVE/SPEAKER0003/03.WAV 0003 'SAY IT 3'
        printf '%s\t%s\t%s\n' id path speaker \
            01 audio/WAVE/SPEAKER0001/01.WAV 0001)" &&
        corpora/disjoint.sh "$work/out/test.tsv" \
            "$work/out/"{train,dev,untranscribed}.tsv
}

real() {
    corpora/speechocean762/prepare.sh "$work/real" "$data/speechocean762" \
        >"$work/said" || return 1
    same "$(tr '\n' ' ' <"$work/said")" "train: 2260 recordings \
dev: 240 recordings test: 2500 recordings " &&
        same "$(awk -F '\t' 'FNR > 1 { n += split($4, w, " ") }
            END { print n }' "$work/real/test.tsv")" 15967
}

real_disjoint() {
    corpora/disjoint.sh "$work/real/test.tsv" \
        "$work/real/"{untranscribed,train,dev}.tsv &&
        corpora/disjoint.sh "$work/real/dev.tsv" \
            "$work/real/"{untranscribed,train}.tsv
}

check "the published layout becomes tables, dev of its own speakers" published
check "a folder that is not there is refused" refused 'none: no such folder' \
    corpora/speechocean762/prepare.sh "$work/no" "$work/none"
check "another folder is refused" refused 'neither manifest.tsv nor' \
    corpora/speechocean762/prepare.sh "$work/no" "$work/out"
if [ -d "$data/speechocean762" ]; then
    check "it has 2,500 test recordings, and dev is cut from train" real
    check "nothing of its test or dev is learned from" real_disjoint
else
    skip "speechocean762's tables" "no $data/speechocean762"
fi
finish
