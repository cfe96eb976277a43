#!/usr/bin/env bash
# attune align: words are found where they are, doubted where they are not, and
# written so that other programs read them.
. tests/shell.sh
. tests/tones.sh

# Words of one letter: letter n sounds from 0.3 n to 0.3 n + 0.2 s.
tones "$work/train" 24 1
tones "$work/test" 12 2
for set in train test; do
    awk -F'\t' -v OFS='\t' 'NR > 1 { gsub(/./, "& ", $4); sub(/ $/, "", $4) }
        { print }' "$work/$set/table.tsv" >"$work/$set/words.tsv"
done
cd "$work" || exit 1
"$release" finetune --data train/words.tsv --dev test/words.tsv --out m.st \
    --rate 8000 --bins 24 --dim 32 --layers 2 --heads 2 --ffn 64 \
    --batch-seconds 6 --micro-seconds 3 --learning-rate 0.003 --updates 300 \
    --dropout 0 --speed 0 --time-masks 0 --frequency-masks 0 >log 2>&1 ||
    { cat log; echo "not ok - a model to test with"; exit 1; }

align() {
    $attune align --model m.st "$@"
}

# Half of all starts and of all ends are off by less than 60 ms. (Not all: a
# small model writes some letter only when its tone is over.)
times_are_right() {
    align --table test/words.tsv --format ctm >all.ctm || return 1
    awk '
        function near(x) { return x < 0.06 && x > -0.06 }
        $1 != id { id = $1; place = 0 }
        {
            n++
            starts += near($3 - 0.3 * place)
            ends += near($3 + $4 - 0.3 * place - 0.2)
            place++
        }
        END {
            print n, starts, ends
            exit !(n > 30 && starts > n / 2 && ends > n / 2)
        }' all.ctm
}

# The first letter of each text is replaced by the next one.
wrong_words_are_doubted() {
    awk -F'\t' -v OFS='\t' 'NR > 1 {
        $4 = substr("bcda", index("abcd", substr($4, 1, 1)), 1) substr($4, 2)
    } { print }' test/words.tsv >test/wrong.tsv
    align --table test/wrong.tsv --format ctm >wrong.ctm || return 1
    awk '
        NR == FNR { right[FNR] = $6; next }
        $1 != id { id = $1; n++; before += right[FNR]; after += $6 }
        END { print n, before / n, after / n; exit !(after < 0.5 * before) }
        ' all.ctm wrong.ctm
}

workers_do_not_matter() {
    local n
    for n in 1 2 3; do
        align --table test/words.tsv --format json --threads $n >t$n.json ||
            return 1
    done
    cmp t1.json t2.json && cmp t1.json t3.json
}

# One recording and its text give what the table gives.
a_recording_and_its_text() {
    local text
    text=$(awk -F'\t' '$1 == "u3" { print $4 }' test/words.tsv)
    printf '\xef\xbb\xbf%s\n' "${text^^}!" >u3.txt
    align test/u3.wav u3.txt --format ctm |
        sed 's/^[^ ]* //' >one || return 1
    sed -n 's/^u3 //p' all.ctm >other
    [ -s other ] && cmp one other
}

files_are_made() {
    align --table test/words.tsv --output-dir out/ \
        --format txt,json,ctm,trn,srt,vtt,TextGrid >stdout || return 1
    same "$(cat stdout)" '' && same "$(find out -type f | wc -l)" 84 || return 1
    cat out/u?.ctm out/u??.ctm | cmp - all.ctm &&
        cat out/u?.json out/u??.json | cmp - t1.json &&
        grep -q '^{"id": "u3", "path": "test/u3.wav", ' t1.json &&
        align --table test/words.tsv | cmp - <(cat out/u?.txt out/u??.txt) ||
        return 1
    align test/u3.wav u3.txt --format srt | cmp - out/u3.srt || return 1
    align test/u3.wav u3.txt --channel 1 --format srt --output-dir . &&
        cmp u3.ch1.srt out/u3.srt
}

# ---- Other programs ----

# The word error rate of wrong.tsv's text, by the words in all.ctm's place.
sclite_reads() { # ctm|trn
    local ours
    align --table test/words.tsv --format trn >ref.trn
    align --table test/wrong.tsv --format trn >hyp.trn
    awk -F'[ \t]' 'NR == FNR { last[$1] = $3 + $4; next }
        FNR > 1 { n = split($0, f, "\t")
            print f[1], 1, f[1], 0, last[f[1]] + 1, f[4] }' \
        all.ctm test/words.tsv | sort >ref.stm
    sort -s -k 1,1 wrong.ctm >hyp.ctm
    if [ "$1" = trn ]; then
        set -- -r ref.trn trn -h hyp.trn trn -i rm
    else
        set -- -r ref.stm stm -h hyp.ctm ctm
    fi
    ours=$($attune score ref.trn hyp.trn | tail -n 1 |
        sed -E 's/.*\/ ([0-9]+), ([0-9]+) ins, ([0-9]+) del, ([0-9]+) sub.*/\1 \4 \3 \2/')
    same "$(sctk sclite "$@" -o rsum stdout 2>/dev/null |
        sed -n 's/^ *| *Sum *|//p' | tr -d '|' |
        awk '{ print $2, $4, $5, $6 }')" "$ours"
}

# Praat counts the words and the letters in them.
praat_reads() {
    cat >count.praat <<'END'
form Count
    text file
endform
Read from file: file$
words = 0
intervals = Get number of intervals: 1
for i to intervals
    label$ = Get label of interval: 1, i
    if label$ <> ""
        words = words + 1
    endif
endfor
end = Get end time
writeInfoLine: words, " ", fixed$ (end, 3)
END
    local grid words end
    for grid in out/*.TextGrid; do
        words=$(wc -l <"${grid%.TextGrid}.ctm")
        end=$(sed -n 's/^xmax = //p' "$grid")
        same "$(praat --run count.praat "$PWD/$grid")" "$words $end" || return 1
    done
}

# ffmpeg writes again what it has read.
ffmpeg_reads() {
    local file
    for file in out/*.srt; do
        ffmpeg -v error -y -i "$file" again.srt </dev/null &&
            cmp again.srt "$file" &&
            ffmpeg -v error -y -i "${file%.srt}.vtt" again.srt </dev/null &&
            cmp again.srt "$file" || return 1
    done
}

# ---- What is refused ----

refuses() {
    printf 'id\tpath\nu\tu0.wav\n' >test/bare.tsv
    printf 'id\tpath\ttext\na/u\tu0.wav\ta\na/u.wav\tu1.wav\tb\n' \
        >test/twice.tsv
    printf 'a\xff\n' >latin.txt
    printf '?!\n' >wordless.txt
    : >file
    refused 'bare.tsv: has no text' align --table test/bare.tsv &&
        refused 'are wanted' align test/u3.wav &&
        refused 'are wanted' align --table test/words.tsv test/u3.wav &&
        refused 'output-dir' align test/u3.wav u3.txt --format txt,srt &&
        refused 'output-dir' align --table test/words.tsv --format srt &&
        refused '"sub" is no format' align test/u3.wav u3.txt --format sub &&
        refused 'a/u and a/u.wav would both be out/a/u: .*--table' \
            align --table test/twice.tsv --output-dir out &&
        refused 'latin.txt:1' align test/u3.wav latin.txt &&
        refused 'u3.wav: its text holds no words' \
            align test/u3.wav wordless.txt &&
        refused 'u3.wav: its text holds no words' align test/u3.wav file &&
        refused 'absent.txt' align test/u3.wav absent.txt &&
        refused 'absent.wav' align absent.wav u3.txt &&
        refused 'file: is no folder' \
            align test/u3.wav u3.txt --output-dir file
}

text_that_does_not_fit_is_named() {
    printf 'id\tpath\ttext\n' >test/long.tsv
    printf 'u0\tu0.wav\t%s\nu1\tu1.wav\tb\n' \
        "$(printf 'a%.0s' {1..200})" >>test/long.tsv
    align --table test/long.tsv >stdout 2>stderr
    same $? 1 && same "$(cat stdout)" $'u1\tb' &&
        grep -q 'u0.wav: 200 characters want 399 rows' stderr
}

unknown_characters_are_counted() {
    printf 'a \xc3\xa9\xc3\xa9 b\n' >other.txt
    same "$(align test/u3.wav other.txt 2>stderr)" $'test/u3.wav\ta b' &&
        grep -q 'test/u3.wav: left out 2 characters' stderr
}

check "words are where they were said" times_are_right
check "words that were not said are doubted" wrong_words_are_doubted
check "the number of workers changes nothing" workers_do_not_matter
check "one recording and its text are aligned" a_recording_and_its_text
check "every format has its files" files_are_made
if command -v sctk >/dev/null; then
    check "sclite reads trn" sclite_reads trn
    check "sclite reads ctm" sclite_reads ctm
else
    skip "sclite reads trn and ctm" "there is no sctk"
fi
if command -v praat >/dev/null; then
    check "Praat reads TextGrid" praat_reads
else
    skip "Praat reads TextGrid" "there is no praat"
fi
if command -v ffmpeg >/dev/null; then
    check "ffmpeg reads srt and vtt" ffmpeg_reads
else
    skip "ffmpeg reads srt and vtt" "there is no ffmpeg"
fi
check "what cannot be aligned or written is refused" refuses
check "a text that does not fit is named, and the rest goes on" \
    text_that_does_not_fit_is_named
check "characters that the model does not know are counted" \
    unknown_characters_are_counted
finish
