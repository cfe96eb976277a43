#!/usr/bin/env bash
# Several corpora as one table, without what is tested.
. tests/shell.sh
. tests/tones.sh

# A folder with the four corpora, of two tones each.
row() { # CORPUS ID PATH SPEAKER TEXT
    mkdir -p "$(dirname "$work/data/$1/$3")"
    cp "$work/voice/u$((tone++)).wav" "$work/data/$1/$3"
    [ -e "$work/data/$1/manifest.tsv" ] ||
        printf 'id\tpath\tspeaker\ttext\n' >"$work/data/$1/manifest.tsv"
    printf '%s\t%s\t%s\t%s\n' "$2" "$3" "$4" "$5" \
        >>"$work/data/$1/manifest.tsv"
}

pool() {
    local tone=0
    tones "$work/voice" 8
    row an4 train/a audio/train/a.wav fash YES
    row an4 test/b audio/test/b.wav fcaw NO
    row speechocean762 train/a audio/train/a.wav 0001 YES
    row speechocean762 test/b audio/test/b.wav 1034 NO
    row kathleen a audio/a.wav kathleen YES
    row kathleen b audio/b.wav kathleen NO
    row untranscribed read/a audio/a.wav 1034 ''
    row untranscribed wake/b audio/b.wav - ''
    corpora/pool/prepare.sh "$work/pool" "$work/data" || return 1
    same "$(cut -f 1,3 "$work/pool/untranscribed.tsv")" \
        "$(printf '%s\t%s\n' id speaker an4/train/a fash \
            speechocean762/train/a 0001 kathleen/a kathleen \
            kathleen/b kathleen untranscribed/read/a read/1034 \
            untranscribed/wake/b -)"
}

# Nothing is outside the table's folder.
is_read() {
    "$attune" features --table "$work/pool/untranscribed.tsv" --rate 8000 \
        --bins 8 --out "$work/features.safetensors"
}

is_disjoint() {
    local corpus
    for corpus in an4 speechocean762; do
        corpora/disjoint.sh "$work/pool/$corpus/test.tsv" \
            "$work/pool/untranscribed.tsv" || return 1
    done
}

elsewhere() {
    mv "$work/data/kathleen" "$work/moved"
    refused 'kathleen: .*/data/kathleen: no such folder' \
        corpora/pool/prepare.sh "$work/again" "$work/data" || return 1
    kathleen=$work/moved corpora/pool/prepare.sh "$work/again" "$work/data" &&
        cmp "$work/pool/untranscribed.tsv" "$work/again/untranscribed.tsv"
}

real() {
    corpora/pool/prepare.sh "$work/real" "$data" >"$work/said" || return 1
    same "$(tr '\n' ' ' <"$work/said")" "an4: 843 recordings \
speechocean762: 2260 recordings kathleen: 1620 recordings \
untranscribed: 5257 recordings all: 9980 recordings " &&
        same "$(cut -f 1 "$work/real/untranscribed.tsv" | sort | uniq -d)" ''
}

real_disjoint() {
    local table
    for table in "$work/real/"{an4,speechocean762}/{dev,test}.tsv \
        "$data/fsdd/manifest.tsv"; do
        corpora/disjoint.sh "$table" "$work/real/untranscribed.tsv" || return 1
    done
}

check "four corpora become one table, without their tests" pool
check "its recordings are read through links" is_read
check "nothing of a test is in it" is_disjoint
check "a corpus that is not there is named, and taken from elsewhere" elsewhere
check "without a folder the first corpus is named" refused 'an4: not given' \
    env -u an4 corpora/pool/prepare.sh "$work/none"
if [ -d "$data/an4" ] && [ -d "$data/speechocean762" ] &&
    [ -d "$data/kathleen" ] && [ -d "$data/untranscribed" ] &&
    [ -d "$data/fsdd" ]; then
    check "the pool has 9,980 recordings, each with a name of its own" real
    check "nothing of dev or test of three corpora is in it" real_disjoint
else
    skip "the pool" "not all corpora are in $data"
fi
finish
