#!/usr/bin/env bash
# What bad input gets: one clear line that names the file, and no new file.
# Run on the build with sanitizers where that is there.
. tests/shell.sh
. tests/tones.sh

cd "$work" || exit 1
tones good 4 1
cp good/u0.wav good.wav
shape="--rate 8000 --bins 24 --dim 16 --layers 1 --heads 2 --ffn 32"
small="$shape --updates 3 --batch-seconds 4 --lanes 2 --threads 2"
# shellcheck disable=SC2086
$attune finetune --data good/table.tsv --dev good/table.tsv --out m.st $small \
    >log 2>&1 || { cat log; echo "not ok - a model to test with"; exit 1; }
# shellcheck disable=SC2086
$attune pretrain --data good --out p.st $small --codes 8 --whiten 4 >log 2>&1 ||
    { cat log; echo "not ok - an encoder to test with"; exit 1; }

features() {
    $attune features --rate 8000 --bins 24 --out f.st "$@"
}
transcribe() {
    $attune transcribe --model m.st "$@"
}
# A header of a WAV file: BYTES of data promised, in format TAG with BITS.
wav_header() { # BYTES TAG BITS CHANNELS RATE
    local n
    little() { # VALUE BYTES
        local v=$1 i
        for ((i = 0; i < $2; i++)); do
            printf '%b' "\\x$(printf %02x $((v & 255)))"
            v=$((v >> 8))
        done
    }
    n=$(($3 / 8 * $4))
    printf RIFF; little $((36 + $1)) 4
    printf 'WAVEfmt '; little 16 4
    little "$2" 2; little "$4" 2; little "$5" 4
    little $(($5 * n)) 4; little $n 2; little "$3" 2
    printf data; little "$1" 4
}

# ---- Recordings ----

: >empty.wav
printf 'this is no recording, only words in a file' >words.wav
head -c 3000 good.wav >truncated.wav
{ wav_header 16000 1 16 1 8000; head -c 4000 /dev/zero; } >lying.wav
{ wav_header 2000000000 1 16 1 8000; head -c 400 /dev/zero; } >huge.wav
{ wav_header 4000 3 32 1 8000; head -c 2000 /dev/zero
    printf '\x00\x00\xc0\x7f'; head -c 1996 /dev/zero; } >nan.wav
wav_header 0 1 16 1 8000 >none.wav
{ wav_header 2 1 16 1 8000; printf '\x01\x00'; } >one.wav
{ wav_header 400 1 16 0 8000; head -c 400 /dev/zero; } >channels.wav
{ wav_header 400 1 16 1 0; head -c 400 /dev/zero; } >rate.wav
sox -n -r 8000 -b 16 -c 1 long.wav synth 900 sine 300 vol 0.1 2>/dev/null
mkdir folder

for bad in empty words truncated lying huge nan none channels rate; do
    check "transcribe refuses $bad.wav by name" \
        refused "$bad.wav" transcribe "$bad.wav"
    check "features refuses $bad.wav by name" \
        refused "$bad.wav" features "$bad.wav"
done
check "a missing recording is named" refused 'absent.wav' transcribe absent.wav
check "a folder without recordings is named" refused 'folder' transcribe folder
check "a recording of fifteen minutes is not too long" transcribe long.wav
check "a channel that is not there is named" \
    refused 'good.wav.*channel' transcribe --channel 3 good.wav
check "one sample is a recording of nothing" transcribe one.wav
check "no features file was left by what failed" [ ! -e f.st ]
check "features of a folder are of a table" \
    refused 'good: is a folder: use --table good' features good.wav good
check "features of a good file are written" features good.wav

features_spare_recordings() {
    mkdir -p mine && cp good.wav good/table.tsv mine/ &&
        printf 'path\ngood.wav\n' >mine/one.tsv || return 1
    refused 'would replace' $attune features --rate 8000 --bins 24 \
        --out mine/good.wav mine/../mine/good.wav &&
        refused 'would replace' $attune features --rate 8000 --bins 24 \
            --out mine/good.wav --table mine/one.tsv &&
        refused 'would replace' $attune features --rate 8000 --bins 24 \
            --out mine/one.tsv --table mine/one.tsv &&
        cmp mine/good.wav good.wav && same "$(wc -l <mine/one.tsv)" 2
}
check "features do not replace what they are of" features_spare_recordings

the_rest_goes_on() {
    transcribe good.wav words.wav good/u1.wav >out 2>err
    same $? 1 && same "$(wc -l <out)" 2 && grep -q 'words.wav' err
}
check "a bad recording does not keep back the others" the_rest_goes_on

# ---- Tables ----

table() { # NAME LINES...
    local name=$1
    shift
    printf '%b\n' "$@" >"$name"
}
tuned() {
    # shellcheck disable=SC2086
    $attune finetune --data "$1" --dev good/table.tsv --out new.st $small
}
learn() {
    # shellcheck disable=SC2086
    $attune pretrain --data "$1" --out new.st $small --codes 8 --whiten 4
}
table t1.tsv 'id\ttext' 'a\tb'
table t2.tsv 'id\tpath\ttext' 'a\tgood.wav\tb' 'a\tgood/u1.wav\tc'
table t3.tsv 'id\tpath\ttext' 'a\tgood.wav\t\xff\xfe'
table t4.tsv 'id\tpath\ttext' 'a\t../../../etc/passwd\tb'
table t5.tsv 'id\tpath\ttext' 'a\t/etc/passwd\tb'
table t6.tsv 'id\tpath\ttext' 'a\tgood.wav'
table t7.tsv 'id\tpath\ttext'
table t8.tsv 'id\tpath\tstart\tend\ttext' 'a\tgood.wav\t0.5\t0.2\tb'
table t9.tsv 'id\tpath\tstart\ttext' 'a\tgood.wav\tsoon\tb'
table t10.tsv 'id\tpath\ttext' 'a\tgood.wav\t' 'b\tgood/u1.wav\t '
table t11.tsv 'id\tpath\tstart\tend\ttext' 'a\tgood.wav\t0\t90\tb'
table t12.tsv 'id\tpath\ttext' 'a\tnowhere.wav\tb'
: >t13.tsv
head -c 100000 /dev/urandom >t14.tsv
check "a table without paths is refused" refused 't1.tsv.*path' tuned t1.tsv
check "a doubled id is named with its line" refused 't2.tsv:3' tuned t2.tsv
check "text that is not UTF-8 is named" refused 't3.tsv:2.*UTF-8' tuned t3.tsv
check "a path out of the folder is refused" refused 't4.tsv:2' tuned t4.tsv
check "an absolute path is refused" refused 't5.tsv:2' tuned t5.tsv
check "a line with too few columns is named" refused 't6.tsv:2' tuned t6.tsv
check "a table without lines is refused" refused 't7.tsv' tuned t7.tsv
check "a segment that ends before it starts is named" \
    refused 't8.tsv:2' tuned t8.tsv
check "a time that is no number is named" refused 't9.tsv:2.*soon' tuned t9.tsv
check "empty transcripts alone cannot be learned" refused 't10.tsv' tuned t10.tsv
check "a segment outside its file is named" refused 'good.wav' tuned t11.tsv
check "a recording that is missing is named" refused 'nowhere.wav' tuned t12.tsv
check "an empty table is refused" refused 't13.tsv' tuned t13.tsv
check "noise is no table" refused 't14.tsv:1' tuned t14.tsv
check "pretraining refuses a bad recording by name" refused 'nowhere' learn t12.tsv
check "an empty folder is refused" refused 'folder' learn folder
check "a missing folder is refused" refused 'absent' learn absent
check "a development set without text is refused" refused 't7.tsv' \
    "$attune" finetune --data good/table.tsv --dev t7.tsv --out new.st
check "bad input left no model behind" [ ! -e new.st ]

# ---- Settings ----

printf 'dim = 16\nlayerz = 2\n' >bad1.conf
printf 'dim = many\n' >bad2.conf
printf 'dim 16\n' >bad3.conf
configured() {
    $attune pretrain --data good --out new.st --config "$1"
}
check "an unknown setting is named with its line" \
    refused 'bad1.conf:2.*layerz' configured bad1.conf
check "a value that is no number is named" refused 'bad2.conf:1.*dim' \
    configured bad2.conf
check "a line of no form is named" refused 'bad3.conf:1' configured bad3.conf
printf 'dim = 16\nconfig = bad1.conf\n' >bad4.conf
printf 'help = yes\n' >bad5.conf
check "a settings file that names another is refused" \
    refused 'bad4.conf: "config" is no setting of a file' configured bad4.conf
check "a settings file that asks for help is refused" \
    refused 'bad5.conf: "help" is no setting of a file' configured bad5.conf
check "a missing settings file is named" refused 'absent.conf' \
    configured absent.conf
check "a value out of range is refused" refused 'dim' \
    "$attune" pretrain --data good --out new.st --dim -4
check "heads that do not divide are refused" refused 'heads' \
    "$attune" pretrain --data good --out new.st --dim 16 --heads 3
check "an unknown option is refused" refused 'frobnicate' \
    "$attune" pretrain --data good --out new.st --frobnicate
check "an unknown verb is refused" refused 'dance' "$attune" dance
check "too many mel bins are refused with a count that works" \
    refused 'bins' features --bins 200 good.wav

# ---- Checkpoints ----

size=$(stat -c %s m.st)
head -c $((size / 2)) m.st >c1.st
head -c 5 m.st >c2.st
: >c3.st
head -c 4096 /dev/urandom >c4.st
# A header as long as the universe, and one of no JSON.
{ printf '\xff\xff\xff\xff\xff\xff\xff\x7f'; tail -c +9 m.st; } >c5.st
sed 's/"attune.setting.dim":"16"/"attune.setting.dim":"32"/' m.st >c6.st
sed 's/"attune.setting.layers":"1"/"attune.setting.layers":"9"/' m.st >c7.st
sed 's/"F32"/"I64"/' m.st >c8.st
sed 's/"attune.setting.dim"/"attune.setting.dam"/' m.st >c9.st
sed 's/"data_offsets":\[0,/"data_offsets":[4,/' m.st >c10.st
sed 's/"shape":\[16\]/"shape":[-6]/' m.st >c11.st
sed 's/"attune.setting.rate":"8000"/"attune.setting.rate":"-800"/' m.st >c12.st
cp good.wav c13.st
for bad in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
    cmp -s m.st c$bad.st && echo "not ok - c$bad.st is not damaged"
    check "damaged checkpoint $bad is refused by name" \
        refused "c$bad.st" "$attune" transcribe --model c$bad.st good.wav
    check "damaged checkpoint $bad is not shown" \
        refused "c$bad.st" "$attune" show c$bad.st
done
check "an encoder alone cannot transcribe, and says so" \
    refused 'p.st.*attune finetune' "$attune" transcribe --model p.st good.wav

# ---- What is shown of them ----

check "a column that a journal lacks is named" \
    refused 'm.st.journal: no line has "dev_wre"' \
    "$attune" show m.st.journal --columns update,dev_wre
check "columns are of a journal" refused 'columns wants a .journal' \
    "$attune" show m.st --columns update
check "a title is a card's" refused 'want --card' \
    "$attune" show m.st --title Mine

# Every way of damaging one byte: refused, or harmless, but never a crash.
bytes_do_not_crash() {
    local i at code bad=0
    RANDOM=11
    for ((i = 0; i < 80; i++)); do
        cp m.st mutated.st
        at=$(((RANDOM * 32768 + RANDOM) % (i % 3 ? 3000 : size)))
        printf '%b' "\\x$(printf %02x $((RANDOM % 256)))" |
            dd of=mutated.st bs=1 seek=$at conv=notrunc status=none
        code=0
        $attune transcribe --model mutated.st good.wav >out 2>err || code=$?
        if [ $code -gt 1 ]; then
            echo "byte $at: exit status $code"
            cat err
            bad=1
        fi
    done
    return $bad
}
check "no damaged byte of a checkpoint crashes the program" bytes_do_not_crash

# ---- Disks ----

# A limit on the size of files does what a full disk does.
full_disk() {
    (
        ulimit -f 8
        # shellcheck disable=SC2086
        refused 'full.st' "$attune" pretrain --data good --out full.st $small \
            --codes 8 --whiten 4
    ) && same "$(find . -name 'full.st' -o -name '*.partial*' -o -name 'full.st.??????')" ''
}
check "a full disk ends the run with one line and no half model" full_disk
check "a folder that cannot be written is named" \
    refused '/proc/nothing' "$attune" features --out /proc/nothing/f.st good.wav
stdout_full() {
    transcribe good.wav >/dev/full 2>err
    same $? 1 && grep -q stdout err
}
check "a full stdout is an error" stdout_full
finish
