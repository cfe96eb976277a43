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
# dev, test or untranscribed) decides itself.
set -euo pipefail
export LC_ALL=C # bytes

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
trap 'rm -f "$out/order" "$out/all"' EXIT

if [ -d "$2" ]; then
    source=$(cd "$2" && pwd)
    {
        printf 'id\tpath\ttext\n'
        find -L "$source" -type f -regextype posix-extended -iregex \
            '.*\.(wav|flac|ogg|oga|opus|mp3|aiff?|au|snd|sph|caf|w64|rf64)' |
            sort | while IFS= read -r path; do
            name=${path#"$source"/}
            text=
            if [ -f "${path%.*}.txt" ]; then
                text=$(tr -s "[:space:]" " " <"${path%.*}.txt")
                text=${text#$'\xef\xbb\xbf'}
                text=${text% }
            fi
            printf '%s\t%s\t%s\n' "${name%.*}" "audio/$name" "$text"
        done
    } >"$out/all"
else
    source=$(cd "$(dirname "$2")" && pwd)
    awk -F '\t' -v OFS='\t' '
        function refuse(what) {
            print FILENAME ":" FNR ": " what >"/dev/stderr"
            exit 1
        }
        { sub(/\r$/, "") }
        !NF { next }
        FNR == 1 {
            sub(/^\357\273\277/, "")
            for (i = 1; i <= NF; i++)
                at[$i] = i
            if (!at["path"])
                refuse("no column `path`")
        }
        FNR > 1 && $at["path"] !~ /^\// { $at["path"] = "audio/" $at["path"] }
        FNR > 1 && at["part"] &&
            $at["part"] !~ /^(train|dev|test|untranscribed)$/ {
            refuse("part \"" $at["part"] "\" is none of train, dev, test," \
                " untranscribed")
        }
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
count=$(wc -l <"$out/order")
[ "$count" -ge 3 ] || {
    echo "$0: $2: $count recordings have a transcript (x.txt beside x.wav, or" \
        "the column text): train, dev and test want one each" >&2
    exit 1
}

awk -F '\t' -v OFS='\t' -v out="$out" '
    FILENAME == ARGV[1] { place[$2] = FNR; next }
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
for part in untranscribed train dev test; do
    echo "$part: $(($(wc -l <"$out/$part.tsv") - 1)) recordings"
done
