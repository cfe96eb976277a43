#!/usr/bin/env bash
# CMU's AN4 as tables.
#
#     corpora/an4/prepare.sh OUT [FOLDER]
#
# FOLDER is a copy of AN4: either CMU's own (with etc/an4_train.transcription
# and wav/), or one with a manifest.tsv whose paths begin with audio/train/ and
# audio/test/. Without it the corpus is downloaded from CMU. Writes
# OUT/{train,dev,test,untranscribed}.tsv, and OUT/train-{1,5,10,20}min.tsv with
# what of train.tsv is in the lists labels-*.list; recordings are linked as
# OUT/audio, not copied.
set -euo pipefail

[ $# -ge 1 ] && [ $# -le 2 ] || {
    echo "usage: $0 OUT [FOLDER]" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
out=$1
address=http://www.speech.cs.cmu.edu/databases/an4/an4_sphere.tar.gz
mkdir -p "$out"

if [ $# = 2 ]; then
    source=$(cd "$2" && pwd)
else
    if [ ! -d "$out/an4" ]; then
        command -v curl >/dev/null || {
            echo "$0: no curl to download AN4 with: apt-get install curl" >&2
            exit 1
        }
        echo "downloading $address"
        curl --fail --location --silent --show-error \
            --output "$out/an4.tar.gz.part" "$address" || {
            echo "$0: no AN4 from there; give a folder that has it:" \
                "$0 $out FOLDER" >&2
            exit 1
        }
        mv "$out/an4.tar.gz.part" "$out/an4.tar.gz"
        tar -xzf "$out/an4.tar.gz" -C "$out"
    fi
    source=$(cd "$out/an4" && pwd)
fi
ln -sfn "$source" "$out/audio"

# All recordings as: part, id, path, speaker, text.
if [ -f "$source/manifest.tsv" ]; then
    awk -F '\t' -v OFS='\t' 'NR > 1 {
        split($2, folder, "/")
        print folder[2], $1, "audio/" $2, $3, $4
    }' "$source/manifest.tsv"
elif [ -f "$source/etc/an4_train.transcription" ]; then
    for part in train test; do
        paste -d '|' "$source/etc/an4_$part.fileids" \
            "$source/etc/an4_$part.transcription" |
            awk -F '|' -v OFS='\t' -v part="$part" '{
                n = split($1, folder, "/")
                text = $2
                sub(/ *\([^)]*\) *$/, "", text)
                gsub(/<\/?s>/, "", text)
                gsub(/^ +| +$/, "", text)
                print part, $1, "audio/wav/" $1 ".sph", folder[n - 1], text
            }'
    done
else
    echo "$0: $source: neither manifest.tsv nor etc/an4_train.transcription" >&2
    exit 1
fi >"$out/all"

awk -F '\t' -v OFS='\t' -v out="$out" -f "$here/../tables.awk" \
    "$here/dev.speakers" "$out/all"
rm "$out/all"

# What is transcribed where labels are few, by the last part of ids.
for minutes in 1 5 10 20; do
    few=train-${minutes}min
    awk -F '\t' '
        FNR == NR { wanted[$1] = 1; next }
        { name = $1; sub(/.*\//, "", name) }
        FNR == 1 || name in wanted { print }
        ' "$here/labels-${minutes}min.list" "$out/train.tsv" >"$out/$few.tsv"
    missing=$(($(wc -l <"$here/labels-${minutes}min.list") + 1 - \
        $(wc -l <"$out/$few.tsv")))
    [ $missing = 0 ] ||
        echo "$0: $few: $missing of its recordings are not in $source" >&2
done
for part in train train-{1,5,10,20}min dev test; do
    echo "$part: $(($(wc -l <"$out/$part.tsv") - 1)) recordings"
done
