#!/usr/bin/env bash
# attune transcribe of live input, of stdin, of folders, of any length.
. tests/shell.sh
. tests/tones.sh

cd "$work" || exit 1
tones good 6 3
shape="--rate 8000 --bins 24 --dim 16 --layers 1 --heads 2 --ffn 32"
# shellcheck disable=SC2086
$release finetune --data good/table.tsv --dev good/table.tsv --out m.st $shape \
    --updates 30 --batch-seconds 4 --lanes 2 --threads 2 >log 2>&1 ||
    { cat log; echo "not ok - a model to test with"; exit 1; }
sox -D good/u0.wav good/u1.wav good/u2.wav good/u3.wav -b 16 talk.wav \
    pad 0.5 1.5 2>/dev/null
sox -D talk.wav -t raw -e signed -b 16 talk.raw
sox -D talk.wav talk.flac

transcribe() {
    timeout 60 "$attune" transcribe --model m.st "$@"
}
text_of() {
    transcribe "$@" | cut -f 2
}
# A file in pieces of any size, as a recorder writes it.
pieces() { # FILE SEED
    local at=0 size n
    size=$(stat -c %s "$1")
    RANDOM=$2
    while ((at < size)); do
        n=$((1 + RANDOM % 9000))
        dd if="$1" bs=65536 iflag=skip_bytes,count_bytes skip=$at count=$n \
            status=none
        at=$((at + n))
    done
}
wanted=$(text_of talk.wav)
check "the recording says something" [ "${#wanted}" -gt 3 ]

live_is_the_file() {
    local seed
    for seed in 1 2; do
        same "$(pieces talk.wav $seed | transcribe --live | paste -sd ' ')" \
            "$wanted" &&
            same "$(pieces talk.raw $seed |
                transcribe --live --raw 8000:s16:1 | paste -sd ' ')" \
                "$wanted" || return 1
    done
}
stdin_is_the_file() {
    local file
    for file in talk.wav talk.flac; do
        same "$(text_of - <$file)" "$wanted" &&
            same "$(pieces $file 3 | text_of -)" "$wanted" || return 1
    done
}
# sox writes into a pipe before it knows the length.
streams_without_a_length_are_read() {
    same "$(sox -D talk.wav -t wav - 2>/dev/null | transcribe --live |
        paste -sd ' ')" "$wanted"
}
times_are_told() {
    transcribe --live --json <talk.wav >lines || return 1
    grep -q '^{"start": [0-9.]*, "end": .*, "text": "[a-d ]*", "words": \[{"start"' \
        lines
}
# The end of the input never comes; what was said is written all the same. A
# pipe takes 64 KiB at most, so that at least 40,000 bytes were read.
interrupted() {
    local reader code=0
    mkfifo fifo
    # shellcheck disable=SC2094
    "$attune" transcribe --model m.st --live --raw 8000:s16:1 <fifo >heard &
    reader=$!
    exec 9>fifo
    cat talk.raw talk.raw talk.raw | head -c 105536 >&9
    kill -INT $reader
    wait $reader || code=$?
    exec 9>&-
    same $code 0 && [ -s heard ]
}
nothing_is_refused() {
    refused 'stdin: the file is empty' transcribe --live </dev/null &&
        refused 'stdin: the file is empty' transcribe - </dev/null &&
        refused 'stdin: Bad file' transcribe --live <&- &&
        refused 'stdin: Bad file' transcribe - <&-
}
other_formats_are_refused() {
    refused 'stdin: .*--raw 16000:s16:1' transcribe --live < <(cat talk.flac) &&
        refused 'stdin: .*--raw 16000:s16:1' transcribe --live < <(cat talk.raw)
}
operands_are_refused() {
    refused 'takes no recordings' transcribe --live talk.wav &&
        refused 'wanted' transcribe
}
folders_are_searched() {
    same "$(transcribe good | cut -f 1 | paste -sd ' ')" \
        'good/u0.wav good/u1.wav good/u2.wav good/u3.wav good/u4.wav good/u5.wav' &&
        same "$(transcribe good/u2.wav good/ | head -n 1)" \
            "$(transcribe good/ | sed -n 3p)"
}
the_rest_goes_on() {
    mkdir -p bad && cp good/u1.wav bad/1.wav && echo no >bad/0.wav
    transcribe nowhere bad good/u0.wav >out 2>err
    same $? 1 && same "$(cut -f 1 out | paste -sd ' ')" 'bad/1.wav good/u0.wav' &&
        same "$(grep -c attune err)" 2 && grep -q nowhere err &&
        grep -q bad/0.wav err
}
# One segment has no room in memory: neither is its recording written without
# it, nor is any other kept back.
want_of_memory_is_of_one() {
    cc -shared -fPIC -o small.so -x c - <<'END' || return 1
#include <errno.h>
#include <stddef.h>
void *__libc_memalign(size_t alignment, size_t size);
void *aligned_alloc(size_t alignment, size_t size)
{
    if (size < 1000000)
        return __libc_memalign(alignment, size);
    errno = ENOMEM;
    return NULL;
}
END
    sox -n -r 8000 -b 16 long.wav synth 130 whitenoise vol 0.1 || return 1
    LD_PRELOAD=$PWD/small.so timeout 60 "$release" transcribe --model m.st \
        --no-vad --segment-seconds 100 good/u0.wav long.wav good/u1.wav \
        >out 2>err
    same $? 1 && cat err && same "$(cat out)" \
        "$(transcribe --no-vad good/u0.wav good/u1.wav)" &&
        same "$(grep -c 'attune transcribe: long.wav: .*memory' err)" 1
}
each_channel_has_a_file() {
    sox -M good/u0.wav good/u1.wav pair.wav 2>/dev/null
    transcribe --channel each --format srt,txt --output-dir pair pair.wav &&
        same "$(ls pair | paste -sd ' ')" \
            'pair.ch1.srt pair.ch1.txt pair.ch2.srt pair.ch2.txt' &&
        same "$(cat pair/*.txt)" "$(transcribe --channel each pair.wav)" &&
        refused 'pair.wav and ./pair.wav would both be pair/pair' transcribe \
            --channel each --output-dir pair pair.wav ./pair.wav
}
# Below a folder, or of an id, all of the path is kept, but never leads out.
folders_are_kept() {
    mkdir -p by/s1 by/s2 && cp good/u0.wav by/s1/001.wav &&
        cp good/u1.wav by/s2/001.wav || return 1
    transcribe --output-dir kept by/ by/s1/001.wav &&
        same "$(find kept -type f | sort | paste -sd ' ')" \
            'kept/001.txt kept/s1/001.txt kept/s2/001.txt' || return 1
    printf 'id\tpath\nd1/a.b/x\ts1/001.wav\n../../y\ts2/001.wav\n' >by/t.tsv
    printf '/tmp/z\ts1/001.wav\n' >>by/t.tsv
    transcribe --output-dir ids --table by/t.tsv --format txt,srt &&
        same "$(find ids -name '*.txt' | sort | paste -sd ' ')" \
            'ids/d1/a.b/x.txt ids/y.txt ids/z.txt' || return 1
    refused 'by/s1/001.wav and by/s2/001.wav .*: name their folder' \
        transcribe --output-dir kept by/s1/001.wav by/s2/001.wav
}
transcripts_are_spared() {
    mkdir -p said && cp good/u0.wav said/ && echo "as said" >said/u0.txt &&
        refused 'said/u0.txt is there' transcribe --output-dir said said &&
        same "$(<said/u0.txt)" "as said" &&
        transcribe --format srt --output-dir said said &&
        same "$(ls said | paste -sd ' ')" 'u0.srt u0.txt u0.wav'
}
# Before a model is opened.
bad_formats_are_misuse() {
    local options
    for options in '--format sub' '--json --format srt' '--live --format txt' \
        '--format srt,json' '--n-best 3' '--n-best 3 --format txt' -v; do
        # shellcheck disable=SC2086
        "$attune" transcribe --model absent.st $options talk.wav >out 2>err
        same "$? $(wc -l <err)" '2 1' || return 1
    done
}
names_of_formats_are_of_any_case() {
    same "$(transcribe --format TEXTGRID talk.wav)" \
        "$(transcribe --format TextGrid talk.wav)"
}
hyphens_begin_options() {
    cp talk.wav ./-v
    refused 'unknown option -v' transcribe -v &&
        same "$(text_of -- -v)" "$wanted" && same "$(text_of ./-v)" "$wanted"
}
# Said once, and before anything is transcribed.
folders_are_tried_first() {
    : >file
    refused 'file: is no folder' transcribe --output-dir file good &&
        same "$(wc -l <.stderr)" 1
}
json_has_id_and_path() {
    transcribe --table good/table.tsv --json |
        grep '^{"id": "u0", "path": "good/u0.wav", "seconds"' &&
        transcribe good/u0.wav --json | grep '^{"path": "good/u0.wav", "seconds"'
}
# Nor on how many are at work.
threads_make_no_difference() {
    set -- --table good/table.tsv talk.wav good talk.flac
    transcribe --threads 1 "$@" >one &&
        transcribe --threads 3 "$@" >three && cmp one three
}
# What others said changes nothing, what the same speaker said does.
speakers_are_known_from_before() {
    local before
    awk -F '\t' -v OFS='\t' 'NR <= 3 { if (NR > 1) $3 = "same"; print }' \
        good/table.tsv >good/same.tsv
    sed -n 1,3p good/table.tsv >good/others.tsv
    sed 's/same/other/2' good/same.tsv | awk 'NR != 2' >good/second.tsv
    for before in 0 10; do
        set -- --json --cmvn-history $before
        transcribe --table good/same.tsv "$@" >same.$before &&
            transcribe --table good/others.tsv "$@" >others.$before &&
            transcribe --table good/second.tsv "$@" >alone.$before || return 1
    done
    cmp others.0 others.10 && cmp same.0 others.0 &&
        same "$(head -n 1 same.10)" "$(head -n 1 same.0)" &&
        ! same "$(tail -n 1 same.10)" "$(tail -n 1 same.0)" >/dev/null &&
        same "$(cat alone.10)" "$(tail -n 1 same.0)"
}

check "live input of any pace says what the file says" live_is_the_file
check "stdin is a recording, even one that must seek" stdin_is_the_file
check "a stream without a length is read to its end" \
    streams_without_a_length_are_read
check "lines have their times" times_are_told
check "an interrupt ends the sentence" interrupted
check "an empty or closed stdin is named" nothing_is_refused
check "live input of unknown form is refused" other_formats_are_refused
check "live input and recordings are not both taken" operands_are_refused
check "folders are searched through" folders_are_searched
check "what fails is named, and the rest goes on" the_rest_goes_on
check "memory that one segment wants fails its recording alone" \
    want_of_memory_is_of_one
check "each channel has a file of its own" each_channel_has_a_file
check "files are in folders as recordings are" folders_are_kept
check "a transcript beside its recording is not replaced" \
    transcripts_are_spared
check "formats that cannot be written are misuse" bad_formats_are_misuse
check "formats may be written in any case" names_of_formats_are_of_any_case
check "what begins with a hyphen is an option, but behind --" \
    hyphens_begin_options
check "a folder for files is tried before they are made" folders_are_tried_first
check "JSON has both id and path of a table's recordings" json_has_id_and_path
check "text does not depend on threads" threads_make_no_difference
check "speakers are known from what they said before" \
    speakers_are_known_from_before
finish
