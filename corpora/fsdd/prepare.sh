#!/usr/bin/env bash
# The Free Spoken Digit Dataset as tables, with each speaker left out in turn.
#
#     corpora/fsdd/prepare.sh OUT FOLDER
#
# FOLDER is a copy of the corpus: either as it is published (with recordings/),
# or one with a manifest.tsv. Writes for each of the six speakers
# OUT/SPEAKER/{train,dev,test,untranscribed}.tsv: the test has all recordings of
# the speaker, and the rest none; of every other speaker and digit train has the
# takes 0 and 1, dev 2 and 3, and untranscribed all but dev's. Recordings are
# linked as OUT/SPEAKER/audio, not copied.
set -euo pipefail

[ $# -eq 2 ] || {
    echo "usage: $0 OUT FOLDER" >&2
    exit 2
}
[ -d "$2" ] || {
    echo "$0: $2: no such folder; the corpus is at" \
        "https://github.com/Jakobovski/free-spoken-digit-dataset" >&2
    exit 1
}
mkdir -p "$1"
out=$(cd "$1" && pwd)
source=$(cd "$2" && pwd)

# Paths of all recordings, which are named DIGIT_SPEAKER_TAKE.
if [ -f "$source/manifest.tsv" ]; then
    tail -n +2 "$source/manifest.tsv" | cut -f 2
elif [ -d "$source/recordings" ]; then
    (cd "$source" && find recordings -name '*_*_*.wav')
else
    echo "$0: $source: neither manifest.tsv nor recordings" >&2
    exit 1
fi | LC_ALL=C sort >"$out/all"

sed -E 's|.*/[0-9]+_||; s|_.*||' "$out/all" | sort -u |
    while IFS= read -r speaker; do
    mkdir -p "$out/$speaker"
    ln -sfn "$source" "$out/$speaker/audio"
    awk -v OFS='\t' -v out="$out/$speaker" -v left_out="$speaker" '
        BEGIN {
            split("zero one two three four five six seven eight nine", names,
                " ")
            for (i = split("train dev test", parts, " "); i > 0; i--)
                print "id", "path", "speaker", "text" >(out "/" parts[i] ".tsv")
            print "id", "path", "speaker" >(out "/untranscribed.tsv")
        }
        {
            id = $0
            sub(/.*\//, "", id)
            sub(/\.[^.]*$/, "", id)
            split(id, name, "_")
            row = id OFS "audio/" $0 OFS name[2]
            part = name[2] == left_out ? "test" : name[3] < 2 ? "train" : \
                name[3] < 4 ? "dev" : ""
            if (part != "")
                print row, names[name[1] + 1] >(out "/" part ".tsv")
            if (part == "train" || part == "")
                print row >(out "/untranscribed.tsv")
        }' "$out/all"
    for part in untranscribed train dev test; do
        echo "$speaker/$part: $(($(wc -l <"$out/$speaker/$part.tsv") - 1))" \
            "recordings"
    done
done
rm "$out/all"
