#!/usr/bin/env bash
# attune tune: what it says of weights is what transcribe makes of them, and its
# file is whole or not there.
. tests/shell.sh
. tests/tones.sh

# Words of one letter, which noise makes hard to hear.
tones "$work/train" 24 1
tones "$work/dev" 12 2
for set in train dev; do
    awk -F'\t' -v OFS='\t' 'NR > 1 { gsub(/./, "& ", $4); sub(/ $/, "", $4) }
        { print }' "$work/$set/table.tsv" >"$work/$set/words.tsv"
done
cd "$work" || exit 1
for sound in dev/*.wav; do
    sox -R -m "$sound" '|sox -R -n -r 8000 -p synth 3 whitenoise vol 0.2' \
        noisy.wav trim 0 "$(soxi -D "$sound")" 2>log && mv noisy.wav "$sound"
done
"$release" finetune --data train/words.tsv --dev dev/words.tsv --out m.st \
    --rate 8000 --bins 24 --dim 32 --layers 2 --heads 2 --ffn 64 \
    --batch-seconds 6 --micro-seconds 3 --learning-rate 0.003 --updates 160 \
    --dropout 0 --speed 0 --time-masks 0 --frequency-masks 0 >log 2>&1 ||
    { cat log; echo "not ok - a model to test with"; exit 1; }
"$release" ngram --out words.arpa --data train/words.tsv 2>log &&
    "$release" ngram --unit character --out letters.arpa \
        --data train/words.tsv 2>log ||
    { cat log; echo "not ok - a language model to test with"; exit 1; }

tune() {
    $attune tune --model m.st --table dev/words.tsv "$@"
}

# The word error rate of transcribe with what it is given.
rate() {
    "$release" transcribe --model "$work/m.st" --table "$work/dev/words.tsv" \
        --no-vad --precision float "$@" >"$work/hypotheses" &&
        "$release" score "$work/dev/words.tsv" "$work/hypotheses" |
        sed -n 's/^%WER/%WER/p'
}

inputs_are_not_replaced() {
    cp words.arpa mine.arpa && cp m.st mine.st || return 1
    refused 'would replace' tune --lm mine.arpa --out mine.arpa &&
        refused 'would replace' $attune tune --model mine.st \
            --table dev/words.tsv --lm words.arpa --out mine.st &&
        cmp mine.arpa words.arpa && cmp mine.st m.st
}

transcribe_does_as_well() { # LM
    local before after
    tune --lm "$1" --precision float --out "$1.conf" >said 2>points || return 1
    cat said
    before=$(sed -n 's/^before: lm-weight 0.5, word-bonus 1: //p' said)
    after=$(sed -n 's/^after: lm-weight .*, word-bonus [^:]*: //p' said)
    same "$before" "$(rate --lm "$1")" &&
        same "$after" "$(cd dev && rate --config "../$1.conf")" || return 1
    awk '
        { gsub("%WER", "") }
        /^before/ { before = $6 }
        /^after/ { after = $6 }
        END { exit !(after < before) }' said
}

# Every point is told once, none has fewer errors than the one with fewest, and
# what is chosen few more.
points_are_told() {
    grep -q '12 recordings, 0.[0-9] minutes' points || return 1
    grep -o 'lm-weight.*word-bonus.*:' points | sort | uniq -d | grep . && return 1
    [ "$(grep -c '%WER' points)" -ge 40 ] &&
        same "$(sed -n 's/.*%WER \([0-9.]*\) .*/\1/p' points | sort -n | head -n 1)" \
            "$(sed -n 's/^fewest.*%WER \([0-9.]*\) .*/\1/p' said)" &&
        sed -n 's/^\([a-z]*\): .*%WER .* \[ \([0-9]*\) .*/\1 \2/p' said |
        awk '
            { errors[$1] = $2 }
            END {
                n = errors["fewest"]
                exit !(NR == 3 && errors["after"] <= n + sqrt(n))
            }'
}

workers_do_not_matter() {
    local n
    for n in 1 2 3; do
        tune --lm words.arpa --threads $n --out "t$n.conf" >"t$n.said" \
            2>"t$n.points" || return 1
    done
    for n in 2 3; do
        cmp t1.conf t$n.conf && cmp t1.said t$n.said &&
            cmp t1.points t$n.points || return 1
    done
}

# From anywhere; what is given is kept, and what was tuned is no flag's equal.
the_file_says_what_it_is() {
    printf 'a\nb\nc\nd\n' >letters
    (cd dev && $attune tune --model ../m.st --table words.tsv \
        --lm ../words.arpa --lexicon ../letters --hotwords 'a b:1,c' \
        --unknown-score -7 --beam 8 --out ../all.conf) >said 2>points || return 1
    cat all.conf
    grep -q '^# .* 12 recordings, 0.[0-9] minutes' all.conf &&
        grep -qx "# $work/dev/words.tsv" all.conf &&
        grep -qx "# with $work/m.st" all.conf &&
        grep -qxF "# $(grep ^before said)" all.conf &&
        grep -qxF "# $(grep ^fewest said)" all.conf &&
        grep -qxF "# $(grep ^after said)" all.conf || return 1
    same "$(grep -v -e '^#' -e ^lm-weight -e ^word-bonus all.conf)" \
        "lm = $work/words.arpa
beam = 8
lexicon = $work/letters
unknown-score = -7
hotwords = a b:1,c"
    tune --lm words.arpa --lexicon lm --config all.conf --out again.conf \
        >said 2>points && grep -qx 'lexicon = lm' again.conf &&
        grep -qx 'unknown-score = -7' again.conf &&
        same "$(sed -n 's/^before: //p' said)" \
            "$(sed -n "s/^attune tune: lm-weight/lm-weight/p" points | head -n 1)"
}

# ---- What is refused ----

refuses() {
    local table
    printf 'id\tpath\nu\tu0.wav\n' >dev/bare.tsv
    printf 'id\tpath\ttext\nu\tu0.wav\t\nv\tu1.wav\t...\n' >dev/empty.tsv
    printf 'id\tpath\ttext\nu\tu0.wav\ta\nv\tgone.wav\tb\n' >dev/gone.tsv
    printf 'id\tpath\ttext\nu\tlong.wav\ta\n' >dev/long.tsv
    printf 'id\tpath\ttext\nu\n' >dev/narrow.tsv
    sox -n -r 8000 -b 16 dev/long.wav trim 0 601
    sed 's/^-/x/' words.arpa >bad.arpa
    cp words.arpa 'a#b.arpa'
    for table in bare empty; do
        refused "$table.tsv: has no text" $attune tune --model m.st \
            --table dev/$table.tsv --lm words.arpa --out no.conf || return 1
    done
    refused 'gone.wav' $attune tune --model m.st --table dev/gone.tsv \
        --lm words.arpa --out no.conf &&
        refused 'long.wav: 601 s' $attune tune --model m.st \
            --table dev/long.tsv --lm words.arpa --out no.conf &&
        refused 'narrow.tsv:2' $attune tune --model m.st \
            --table dev/narrow.tsv --lm words.arpa --out no.conf &&
        refused 'bad.arpa:' tune --lm bad.arpa --out no.conf &&
        refused 'absent.arpa' tune --lm absent.arpa --out no.conf &&
        refused 'a#b.arpa' tune --lm 'a#b.arpa' --out no.conf &&
        refused 'are wanted' tune --lm words.arpa &&
        refused 'are wanted' tune --out no.conf &&
        refused 'lm-weight' tune --lm words.arpa --lm-weight -1 \
            --out no.conf &&
        refused 'one argument too many' tune --lm words.arpa --out no.conf x &&
        same "$(find . -name 'no.conf*')" ''
}

# Before anything is heard; what was there stays.
what_cannot_be_written_is_refused() {
    mkdir folder
    refused 'absent/no.conf' tune --lm words.arpa --out absent/no.conf &&
        refused 'folder' tune --lm words.arpa --out folder || return 1
    grep -q WER .stderr && return 1
    echo kept >kept.conf
    refused 'absent.arpa' tune --lm absent.arpa --out kept.conf &&
        same "$(cat kept.conf)" kept && same "$(find . -name '*.tmp-*')" ''
}

check "transcribe makes the errors that were told, with words" \
    transcribe_does_as_well words.arpa
check "every point is told, and a good one is chosen" points_are_told
check "transcribe makes the errors that were told, with characters" \
    transcribe_does_as_well letters.arpa
check "the number of workers changes nothing" workers_do_not_matter
check "the file says what it is made of, and is read again" \
    the_file_says_what_it_is
check "what cannot be tuned on is refused, and nothing is left" refuses
check "what is read is not replaced" inputs_are_not_replaced
check "what cannot be written is refused first, and what was there stays" \
    what_cannot_be_written_is_refused
finish
