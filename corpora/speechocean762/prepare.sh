#!/usr/bin/env bash
# speechocean762 as tables.
#
#     corpora/speechocean762/prepare.sh OUT FOLDER
#
# FOLDER is a copy of the corpus: either as it is published (with train/wav.scp,
# train/text, train/utt2spk, the same in test/, and WAVE/), or one with a
# manifest.tsv whose paths begin with audio/train/ and audio/test/. Writes
# OUT/{train,dev,test,untranscribed}.tsv; recordings are linked as OUT/audio,
# not copied.
set -euo pipefail

[ $# -eq 2 ] || {
    echo "usage: $0 OUT FOLDER" >&2
    exit 2
}
[ -d "$2" ] || {
    echo "$0: $2: no such folder; the corpus is at" \
        "https://www.openslr.org/101" >&2
    exit 1
}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
source=$(cd "$2" && pwd)

# All recordings as: part, id, path, speaker, text.
if [ -f "$source/manifest.tsv" ]; then
    awk -F '\t' -v OFS='\t' 'NR > 1 {
        split($2, folder, "/")
        print folder[2], $1, "audio/" $2, $3, $4
    }' "$source/manifest.tsv"
elif [ -f "$source/train/wav.scp" ]; then
    for part in train test; do
        awk -v OFS='\t' -v part="$part" '
            FILENAME ~ /utt2spk$/ { speaker[$1] = $2; next }
            FILENAME ~ /text$/ {
                id = $1
                $1 = ""
                gsub(/[ \t]+/, " ")
                sub(/^ /, "")
                text[id] = $0
                next
            }
            { print part, $1, "audio/" $2, speaker[$1], text[$1] }
            ' "$source/$part/"{utt2spk,text,wav.scp}
    done
else
    echo "$0: $source: neither manifest.tsv nor train/wav.scp" >&2
    exit 1
fi >"$out/all"
ln -sfn "$source" "$out/audio"

awk -F '\t' -v OFS='\t' -v out="$out" -f "$here/../tables.awk" \
    "$here/dev.speakers" "$out/all"
rm "$out/all"
for part in train dev test; do
    echo "$part: $(($(wc -l <"$out/$part.tsv") - 1)) recordings"
done
