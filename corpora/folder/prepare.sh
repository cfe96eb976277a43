#!/usr/bin/env bash
# Any folder of recordings, or a table, as tables to learn from.
#
#     corpora/folder/prepare.sh OUT FOLDER|TABLE
#
# A file x.txt beside x.wav is its transcript. Of the transcribed recordings
# every tenth, at least one, goes to OUT/dev.tsv and every tenth to
# OUT/test.tsv, in the order of a checksum of their ids, so that a recording
# added later moves no other; the rest is OUT/train.tsv. OUT/untranscribed.tsv
# has all that are not in dev or test. A table that has a column `part` (train,
# dev or test) decides itself.
set -euo pipefail

[ $# -eq 2 ] || {
    echo "usage: $0 OUT FOLDER|TABLE" >&2
    exit 2
}
[ -e "$2" ] || {
    echo "$0: $2: no such folder or table" >&2
    exit 1
}
mkdir -p "$1"
out=$(cd "$1" && pwd)

if [ -d "$2" ]; then
    source=$(cd "$2" && pwd)
    {
        printf 'id\tpath\ttext\n'
        find -L "$source" -type f -regextype posix-extended -iregex \
            '.*\.(wav|flac|ogg|oga|opus|mp3|aiff?|au|snd|sph|caf|w64|rf64)' |
            LC_ALL=C sort | while IFS= read -r path; do
            name=${path#"$source"/}
            text=
            if [ -f "${path%.*}.txt" ]; then
                text=$(tr -s "[:space:]" " " <"${path%.*}.txt")
                text=${text% }
            fi
            printf '%s\t%s\t%s\n' "${name%.*}" "audio/$name" "$text"
        done
    } >"$out/all"
else
    source=$(cd "$(dirname "$2")" && pwd)
    awk -F '\t' -v OFS='\t' '
        FNR == 1 {
            for (i = 1; i <= NF; i++)
                if ($i == "path")
                    path = i
            if (!path) {
                print FILENAME ":1: no column `path`" >"/dev/stderr"
                exit 1
            }
        }
        FNR > 1 { $path = "audio/" $path }
        { print }' "$2" >"$out/all"
fi
ln -sfn "$source" "$out/audio"

# The order in which transcribed recordings are dealt out.
while IFS=$'\t' read -r number id; do
    printf '%s\t%s\n' "$(printf %s "$id" | cksum | cut -d ' ' -f 1)" "$number"
done < <(awk -F '\t' '
    FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    at["text"] && $at["text"] !~ /^ *$/ {
        print FNR "\t" (at["id"] ? $at["id"] : $at["path"])
    }' "$out/all") | sort -n >"$out/order"

awk -F '\t' -v OFS='\t' -v out="$out" '
    FNR == NR { place[$2] = FNR; next }
    FNR == 1 {
        for (i = 1; i <= NF; i++)
            at[$i] = i
        for (i = split("train dev test untranscribed", parts, " "); i; i--)
            print >(out "/" parts[i] ".tsv")
        next
    }
    {
        part = "untranscribed"
        if (at["part"])
            part = $at["part"]
        else if (FNR in place)
            part = place[FNR] % 10 == 1 ? "dev" : \
                place[FNR] % 10 == 2 ? "test" : "train"
        print >(out "/" part ".tsv")
        if (part == "train")
            print >(out "/untranscribed.tsv")
    }' "$out/order" "$out/all"
rm "$out/order" "$out/all"
for part in untranscribed train dev test; do
    echo "$part: $(($(wc -l <"$out/$part.tsv") - 1)) recordings"
done
