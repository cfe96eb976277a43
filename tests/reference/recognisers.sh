#!/usr/bin/env bash
# Holds `attune transcribe` against PocketSphinx on a test set, each on one core,
# and prints what recipes/commands/README.md has: error rates (attune score, and
# sclite's where it is), processor time, also as a share of the recordings',
# memory, and the processor time that the shortest recording takes, most of
# which is start-up.
#
#     tests/reference/recognisers.sh MODEL TRAIN.tsv TEST.tsv [WORK]
#
# The 3-grams are those of TRAIN.tsv's transcripts, in lower case, for both.
# Wants Debian's pocketsphinx, pocketsphinx-en-us, sox and time; sctk if there.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 MODEL TRAIN.tsv TEST.tsv [WORK]" >&2; exit 2; }
attune=${attune:-$(cd "$(dirname "$0")/../.." && pwd)/build/release/attune}
model=$1 train=$2 table=$3 work=${4:-$(mktemp -d)}
mkdir -p "$work/pcm"
export LC_ALL=C OPENBLAS_NUM_THREADS=1

# PocketSphinx reads headerless samples, named by a list.
columns=$(head -n 1 "$table" | tr '\t' '\n')
id=$(grep -nx id <<<"$columns" | cut -d: -f1)
path=$(grep -nx path <<<"$columns" | cut -d: -f1)
text=$(grep -nx text <<<"$columns" | cut -d: -f1)
tail -n +2 "$table" | cut -f "$id" >"$work/ids"
tail -n +2 "$table" | cut -f "$path" | paste "$work/ids" - |
    while IFS=$'\t' read -r name file; do
        mkdir -p "$work/pcm/$(dirname "$name")"
        sox "$(dirname "$table")/$file" -t raw -e signed -b 16 -r 16000 -c 1 \
            "$work/pcm/$name.raw" </dev/null
    done
seconds=$(sed "s|.*|$work/pcm/&.raw|" "$work/ids" | tr '\n' '\0' |
    xargs -0 cat | wc -c | awk '{ print $1 / 32000 }')
shortest=$(while read -r name; do
    echo "$(wc -c <"$work/pcm/$name.raw") $name"
done <"$work/ids" | sort -n | head -n 1 | cut -d ' ' -f 2-)
echo "$shortest" >"$work/shortest"
"$attune" ngram --order 3 --data "$train" --out "$work/words.arpa"

recognise_attune() {
    local list=$1
    shift
    if [ "$list" = "$work/ids" ]; then
        set -- --table "$table" "$@"
    else
        set -- --raw 16000:s16:1 "$work/pcm/$shortest.raw" "$@"
    fi
    "${timed[@]}" "$attune" transcribe --model "$model" --threads 1 "$@"
}

recognise_pocketsphinx() {
    local list=$1
    shift
    "${timed[@]}" pocketsphinx_batch -adcin yes -cepdir "$work/pcm" \
        -cepext .raw -ctl "$list" -hyp "$work/hyp" -logfn /dev/null "$@"
    sed -E 's/^(.*) ?\((.*) -?[0-9]+\)$/\2\t\1/; s/ $//' "$work/hyp"
}

# trn FILE: lines `id TAB text` as sclite reads them.
trn() {
    awk -F '\t' '{ n = split($1, part, "/")
        print tolower($2) " (" part[n] "_" NR ")" }' "$1"
}

# measure NAME RECOGNISER OPTION...: one row of the table.
measure() {
    local name=$1 recogniser=$2 wer sclite=- seconds_of kilobytes start
    shift 2
    timed=(/usr/bin/time -o "$work/time" -f '%U %S %M')
    "recognise_$recogniser" "$work/ids" "$@" >"$work/$recogniser.txt"
    read -r seconds_of kilobytes < <(awk '{ print $1 + $2, $3 }' "$work/time")
    wer=$("$attune" score "$table" "$work/$recogniser.txt" |
        awk '/^%WER/ { print $2 }')
    if command -v sctk >/dev/null; then
        tail -n +2 "$table" | cut -f "$id,$text" >"$work/said.txt"
        trn "$work/said.txt" >"$work/said.trn"
        trn "$work/$recogniser.txt" >"$work/heard.trn"
        sclite=$(sctk sclite -r "$work/said.trn" -h "$work/heard.trn" \
            -i spu_id -o sum stdout | awk '/Sum\/Avg/ { print $(NF - 2) }')
    fi
    start=$(for _ in 1 2 3 4 5; do
        "recognise_$recogniser" "$work/shortest" "$@" >/dev/null
        awk '{ print $1 + $2 }' "$work/time"
    done | sort -n | sed -n 3p)
    awk -v name="$name" -v wer="$wer" -v sclite="$sclite" -v s="$seconds_of" \
        -v of="$seconds" -v kb="$kilobytes" -v start="$start" 'BEGIN {
        printf "| %s | %s | %s | %.1f s | %.4f | %d MB | %.2f s |\n",
            name, wer, sclite, s, s / of, kb / 1024, start }'
}

dictionary=/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict
cut -d ' ' -f 1 "$dictionary" | sed 's/([0-9]*)$//' | sort -u >"$work/known"
sed -n '/^\\1-grams:/,/^$/p' "$work/words.arpa" | cut -f 2 |
    grep -v -e '^[<\\]' -e '^$' | sort -u | comm -23 - "$work/known" |
    sed 's/^/# not in the dictionary: /'
echo "# $(wc -l <"$work/ids") recordings, $seconds s"
echo "| recogniser, language model | WER | sclite | time | of real time | memory | shortest |"
echo "|---|---|---|---|---|---|---|"
measure "attune, none" attune
measure "attune, 3-grams" attune --lm "$work/words.arpa"
measure "PocketSphinx, its own" pocketsphinx
measure "PocketSphinx, 3-grams" pocketsphinx -lm "$work/words.arpa"
