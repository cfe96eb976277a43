#!/usr/bin/env bash
# Recordings of several corpora as one table to pretrain on.
#
#     [an4=FOLDER] [speechocean762=FOLDER] [kathleen=FOLDER] \
#         [untranscribed=FOLDER] corpora/pool/prepare.sh OUT [FOLDER]
#
# FOLDER holds the corpora in folders of these names; a variable says where one
# is that is elsewhere. All four are wanted. Writes OUT/untranscribed.tsv and
# what it is made of, OUT/CORPUS/untranscribed.tsv; recordings are linked as
# OUT/CORPUS/audio, not copied. Of AN4 and speechocean762 it has what may be
# learned from: no speaker of dev or test.
set -euo pipefail

[ $# -ge 1 ] && [ $# -le 2 ] || {
    echo "usage: $0 OUT [FOLDER]" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
corpora="an4 speechocean762 kathleen untranscribed"
mkdir -p "$1"
out=$(cd "$1" && pwd)

for corpus in $corpora; do
    folder=${!corpus:-${2:+$2/$corpus}}
    [ -n "$folder" ] && [ -d "$folder" ] || {
        echo "$0: $corpus: ${folder:-not given}: no such folder: give one that" \
            "has all of $corpora, or $corpus=FOLDER" >&2
        exit 1
    }
    if [ -x "$here/../$corpus/prepare.sh" ]; then
        "$here/../$corpus/prepare.sh" "$out/$corpus" "$folder" >/dev/null
        continue
    fi
    [ -f "$folder/manifest.tsv" ] || {
        echo "$0: $corpus: $folder: no manifest.tsv" >&2
        exit 1
    }
    mkdir -p "$out/$corpus"
    ln -sfn "$(cd "$folder" && pwd)" "$out/$corpus/audio"
    # Numbers, which are no names for speakers of several corpora, become names
    # with the folder of their recordings: read/1034.
    awk -F '\t' -v OFS='\t' '
        NR == 1 { print "id", "path", "speaker"; next }
        {
            split($1, folder, "/")
            speaker = $3 ~ /^[0-9]+$/ ? folder[1] "/" $3 : $3
            print $1, "audio/" $2, speaker
        }' "$folder/manifest.tsv" >"$out/$corpus/untranscribed.tsv"
done

{
    printf 'id\tpath\tspeaker\n'
    for corpus in $corpora; do
        awk -F '\t' -v OFS='\t' -v corpus="$corpus" '
            NR > 1 { print corpus "/" $1, corpus "/" $2, $3 }
            ' "$out/$corpus/untranscribed.tsv"
    done
} >"$out/untranscribed.tsv"
for corpus in $corpora ""; do
    table=$out/${corpus:+$corpus/}untranscribed.tsv
    echo "${corpus:-all}: $(($(wc -l <"$table") - 1)) recordings"
done
