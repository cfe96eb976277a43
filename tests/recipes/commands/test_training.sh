#!/usr/bin/env bash
# attune pretrain and finetune: they learn; the number of workers, and being
# stopped, change not one bit.
. tests/shell.sh
. tests/tones.sh

attune=$release
shape="--rate 8000 --bins 24 --dim 32 --layers 2 --heads 2 --ffn 64"
batch="--batch-seconds 6 --micro-seconds 3 --lanes 4"
tuning="$batch --learning-rate 0.003 --validate-every 100"
tones "$work/train" 24 1
tones "$work/test" 12 2

# shellcheck disable=SC2086 # words
finetune() { # OUT OPTIONS...
    local out=$1
    shift
    $attune finetune --data "$work/train/table.tsv" --dev \
        "$work/test/table.tsv" --out "$work/$out" $tuning "$@"
}

# shellcheck disable=SC2086
pretrain() {
    local out=$1
    shift
    $attune pretrain --data "$work/train" --out "$work/$out" $shape $batch \
        --codes 20 --whiten 8 --report-every 10 --save-every 40 "$@"
}

identical() { # FILE FILE...
    local first=$1 other
    shift
    for other in "$@"; do
        cmp "$work/$first" "$work/$other" || return 1
    done
}

learns() {
    # shellcheck disable=SC2086
    finetune learned.st $shape --updates 300 --dropout 0 --speed 0 \
        --time-masks 0 --frequency-masks 0 || return 1
    $attune transcribe --model "$work/learned.st" --table \
        "$work/test/table.tsv" >"$work/learned.txt" || return 1
    $attune score "$work/test/table.tsv" "$work/learned.txt" | tee /dev/stderr |
        tail -n 1 | awk '{ exit !($2 <= 20) }'
}

# What recordings say does not depend on the workers, and what is heard together
# is not taken for one recording.
workers_transcribe() {
    local precision n
    for precision in int8 float; do
        for n in 1 2 3; do
            $attune transcribe --model "$work/learned.st" --threads $n \
                --precision $precision "$work"/test/*.wav \
                >"$work/$precision$n.txt" || return 1
        done
        identical "$precision"{1,2,3}.txt || return 1
        for n in "$work"/test/*.wav; do
            $attune transcribe --model "$work/learned.st" \
                --precision $precision "$n" || return 1
        done >"$work/alone.txt"
        identical alone.txt "${precision}1.txt" || return 1
    done
}

workers_finetune() {
    local n
    for n in 1 2 3 4; do
        # shellcheck disable=SC2086
        finetune f$n.st $shape --updates 60 --threads $n --dropout 0.1 \
            --layer-drop 0.2 --attention-dropout 0.1 --join-seconds 4 \
            --consistency 0.2 --inter-ctc 0.3 ||
            return 1
    done
    identical f1.st f2.st f3.st f4.st
}

workers_pretrain() { # TARGETS
    local n
    for n in 1 2 3 4; do
        pretrain "p$1$n.st" --updates 60 --threads $n --targets "$1" \
            --inter-prediction || return 1
    done
    identical "p${1}1.st" "p${1}2.st" "p${1}3.st" "p${1}4.st"
}

begun() {
    grep -q 'million parameters' "$work/going.log"
}

listening() { # PROCESS: it has a handler for SIGINT, the second bit
    grep -q '^SigCgt:.*[2367abef]$' "/proc/$1/status"
}

# await WHEN SHELL: until the program below that copy of this shell is there, and
# WHEN, given its process, is true; its process is in $program.
await() {
    until program=$(pgrep -P "$2" -x attune) && "$1" "$program"; do
        kill -0 "$2" || break
        sleep 0.01
    done
}

# stopped SIGNAL TIMES COMMAND...: starts the command, sends it the signal
# after a while, starts it again, and so on; then lets it end.
stopped() {
    local signal=$1 times=$2 i pid code
    shift 2
    for ((i = 1; i <= times; i++)); do
        "$@" &
        pid=$!
        [ "$signal" = KILL ] || await listening $pid
        sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
        pkill -"$signal" -P $pid # the program, below this shell's copy
        code=0
        wait $pid || code=$?
        # Done already, stopped by us, or killed.
        case $code in 0 | 1 | 130 | 137) ;; *) echo "status $code"; return 1 ;; esac
    done
    "$@"
}

resumes_finetune() {
    # shellcheck disable=SC2086
    finetune whole.st $shape --updates 1200 --save-every 50 || return 1
    # shellcheck disable=SC2086
    RANDOM=5 stopped INT 4 finetune stopped.st $shape --updates 1200 \
        --save-every 50 --threads 1 || return 1
    # shellcheck disable=SC2086
    RANDOM=6 stopped KILL 8 finetune killed.st $shape --updates 1200 \
        --save-every 50 || return 1
    identical whole.st stopped.st killed.st || return 1
    local which
    for which in stopped killed; do
        same "$($attune show "$work/$which.st.journal" --columns update,dev_wer)" \
            "$($attune show "$work/whole.st.journal" --columns update,dev_wer)" ||
            return 1
    done
}

resumes_pretrain() {
    pretrain whole_p.st --updates 1000 || return 1
    RANDOM=7 stopped TERM 4 pretrain stopped_p.st --updates 1000 || return 1
    RANDOM=8 stopped KILL 8 pretrain killed_p.st --updates 1000 || return 1
    identical whole_p.st stopped_p.st killed_p.st
}

# interrupted WHEN COMMAND...: is stopped as soon as WHEN, given its process, is
# true; what it says is in going.log.
interrupted() {
    local when=$1 pid code=0
    shift
    : >"$work/going.log"
    "$@" 2>"$work/going.log" &
    pid=$!
    await "$when" $pid
    kill -INT "$program"
    wait $pid || code=$?
    cat "$work/going.log"
    same $code 130
}

says_how_to_go_on() {
    interrupted begun finetune going.st --init "$work/p1.st" --updates 100000 \
        --threads 1 && grep 'the same command goes on' "$work/going.log" &&
        interrupted begun finetune going.st --init "$work/p1.st" --updates 100000 \
            --threads 1 --overwrite &&
        grep 'the same command without --overwrite goes on' \
            "$work/going.log" &&
        interrupted begun finetune going.st --init "$work/p1.st" --updates 100000 \
            --threads 1 && grep 'going on after update' "$work/going.log"
}

# Nothing is there to go on from, and nobody waits for all to be read.
stops_while_reading() {
    local i
    for ((i = 0; i < 2000; i++)); do
        tail -n +2 "$work/train/table.tsv" | sed "s/^/$i/"
    done >"$work/rows"
    { head -n 1 "$work/train/table.tsv"; cat "$work/rows"; } \
        >"$work/train/many.tsv"
    interrupted listening finetune unread.st --data "$work/train/many.tsv" \
        --threads 1 &&
        grep 'before the first update' "$work/going.log" &&
        [ ! -e "$work/unread.st" ] && [ ! -e "$work/unread.st.state" ]
}

# What is there stays until there is something to take its place.
overwrites_late() {
    local ending
    for ending in "" .state .journal; do
        cp "$work/pf.st$ending" "$work/kept.st$ending"
    done
    refused absent.tsv finetune kept.st --overwrite --data \
        "$work/absent.tsv" &&
        refused heads finetune kept.st --overwrite --dim 7 &&
        refused 'would replace .*kept.st' finetune kept.st --overwrite --init \
            "$work/kept.st" || return 1
    for ending in "" .state .journal; do
        identical "pf.st$ending" "kept.st$ending" || return 1
    done
    # What is replaced is not taken for what the run has learned.
    cp "$work/pf.st" "$work/stale.st"
    interrupted begun finetune stale.st --init "$work/p1.st" --updates 100000 \
        --validate-every 100000 --threads 1 --overwrite &&
        [ ! -e "$work/stale.st" ] && [ -e "$work/stale.st.state" ] || return 1
    finetune kept.st --init "$work/p1.st" --updates 20 --overwrite --seed 2 &&
        ! cmp "$work/pf.st" "$work/kept.st" && rm "$work/kept.st" &&
        refused 'kept.st is gone' finetune kept.st --init "$work/p1.st" \
            --updates 20 --seed 2
}

dev_wants_letters() {
    sed '2,$s/[a-d]*$/é/' "$work/test/table.tsv" >"$work/test/foreign.tsv"
    sed '2,$s/$/é/' "$work/test/table.tsv" >"$work/test/partly.tsv"
    refused 'foreign.tsv: no transcript has a letter' finetune none.st \
        --init "$work/p1.st" --dev "$work/test/foreign.tsv" &&
        finetune partly.st --init "$work/p1.st" --updates 1 --dev \
            "$work/test/partly.tsv" 2>"$work/partly.log" &&
        grep 'partly.tsv: 12 characters in 12 .* nor writes' "$work/partly.log"
}

reuses_the_encoder() {
    pretrain p1.st --updates 30 || return 1
    finetune pf.st --init "$work/p1.st" --updates 20 || return 1
    # And a fine-tuned model is adapted: its tokens stay.
    finetune adapted.st --init "$work/pf.st" --updates 20 --freeze-updates 5 \
        --layer-decay 0.8 --head-rate 2 || return 1
    same "$($attune show "$work/adapted.st" | grep tokens)" \
        "$($attune show "$work/pf.st" | grep tokens)"
}

# The error rates that a model tells are those of the validation that was kept
# last: the one that errs least, or the mean unless it errs more by a standard
# deviation of its words.
keeps_its_errors() { # MODEL WORDS
    $attune show "$work/$1.journal" --columns kept,dev_wer,dev_cer |
        tail -n +2 >"$work/validations" || return 1
    LC_ALL=C awk -v words="$2" '
        NR > 1 && (NR == 2 || error < best) { best = error }
        { error = $2 + $3 / 1000 }
        $1 { wer = $2; cer = $3 }
        END {
            limit = best + 100 * sqrt($2 * words / 100 + 1) / words
            printf "finetune.dev_cer\t%.2f\nfinetune.dev_wer\t%.2f\n", cer, wer
            exit NR < 3 || $1 != (error <= limit)
        }' "$work/validations" >"$work/rates" || { cat "$work/validations"; return 1; }
    same "$($attune show "$work/$1" | grep '^finetune.dev_[cw]er' | sort)" \
        "$(cat "$work/rates")"
}

# Adapting ends with nothing worse than it began with, whose errors are told.
adapting_spoils_nothing() {
    finetune spoiled.st --init "$work/learned.st" --updates 20 --report-every \
        10 --validate-every 10 --learning-rate 0.1 2>"$work/spoiled" ||
        return 1
    grep -q ' 0/20 dev WER [^,]* (initial weights, kept)$' "$work/spoiled" &&
        same "$($attune show "$work/spoiled.st.journal" --columns update,kept |
            tail -n +2 | tr '\t\n' ': ')" "0:1 10:0 20:0 20:0 " || return 1
    $attune transcribe --model "$work/spoiled.st" --table \
        "$work/test/table.tsv" >"$work/spoiled.txt" &&
        identical learned.txt spoiled.txt
}

# And of the runs before, what they depended on.
keeps_its_runs() {
    $attune show "$work/adapted.st" | tee "$work/adapted.show"
    grep -q '^pretrain.settings	updates=30 .* whiten=8 ' \
        "$work/adapted.show" || return 1
    grep '^finetune.settings	' "$work/adapted.show" >"$work/settings"
    grep -q 'updates=20 .*freeze-updates=5 head-rate=2 layer-decay=0.8 ' \
        "$work/settings" && ! grep -Eq 'threads|save-every|dim' \
        "$work/settings" || return 1
    grep -qx "finetune.before	$work/train/table.tsv: .* minutes, 20 of 20\
 updates, dev WER 100.00" "$work/adapted.show" &&
        grep -qx 'finetune.recordings	24' "$work/adapted.show" &&
        grep -qx "finetune.dev	$work/test/table.tsv" "$work/adapted.show" &&
        ! grep -q before <($attune show "$work/pf.st")
}

first_update() { # NAME: its loss, and its gradient's norm
    $attune show "$work/$1.journal" --columns loss,gradient_norm | sed -n 2p
}

# Of one and the same update: the loss is linear in the weight of the middle
# layer, and the gradient's norm squared is quadratic.
middle_layer_reads() {
    local weight
    for weight in 0 1 2 3; do
        # shellcheck disable=SC2086
        finetune middle$weight.st $shape --updates 1 --report-every 1 \
            --inter-ctc $weight || return 1
    done
    for weight in 0 1 2 3; do
        first_update middle$weight.st
    done | tee /dev/stderr | awk '
        function near(a, b) { return (a - b) ^ 2 < (1e-4 * b) ^ 2 }
        { loss[NR] = $1; square[NR] = $2 ^ 2 }
        END {
            exit !(loss[2] > 1.1 * loss[1] &&
                   near(loss[3] - loss[2], loss[2] - loss[1]) &&
                   near(loss[4] - loss[3], loss[2] - loss[1]) &&
                   square[3] - 2 * square[2] + square[1] > 0.01 * square[1] &&
                   near(square[4] + 3 * square[2],
                        3 * square[3] + square[1]))
        }'
}

# In the first update there are none yet.
masks_grow() {
    local share
    for share in 0 1; do
        # shellcheck disable=SC2086
        finetune masks$share.st $shape --updates 1 --report-every 1 \
            --mask-warmup $share || return 1
    done
    # shellcheck disable=SC2086
    finetune bare.st $shape --updates 1 --report-every 1 --time-masks 0 \
        --frequency-masks 0 || return 1
    same "$(first_update masks1.st)" "$(first_update bare.st)" &&
        [ "$(first_update masks0.st)" != "$(first_update bare.st)" ]
}

# Who has learned no letter half-way is told what may help, once, and of an
# encoder only where there is none.
untaught_is_told() {
    # shellcheck disable=SC2086
    finetune untaught.st $shape --updates 20 --report-every 5 \
        --validate-every 5 --learning-rate 0 2>"$work/untaught" || return 1
    finetune again.st --init "$work/untaught.st" --updates 20 --report-every 5 \
        --validate-every 5 --learning-rate 0 2>"$work/again" || return 1
    same "$(grep -c "is learned yet.*--init ENCODER" "$work/untaught")" 1 &&
        grep -q '"update":10,.*"alarm":' "$work/untaught.st.journal" &&
        grep "letter is learned yet" "$work/again" | grep -qv -e --init &&
        grep -q '"dev_cer"' "$work/learned.st.journal" &&
        ! grep -q '"alarm"' "$work/learned.st.journal"
}

# What is told is the loss of the last layer.
middle_layer_predicts() {
    pretrain middle.st --updates 1 --report-every 1 || return 1
    pretrain last.st --updates 1 --report-every 1 --no-inter-prediction ||
        return 1
    { first_update middle.st; first_update last.st; } | tee /dev/stderr | awk '
        { loss[NR] = $1; norm[NR] = $2 }
        END { exit !(loss[1] == loss[2] && norm[1] > 1.02 * norm[2]) }'
}

second_iteration() {
    pretrain hubert2.st --updates 20 --targets k-means --target-model \
        "$work/p1.st" --target-layer 1 || return 1
    $attune show "$work/hubert2.st" | grep '1 codebooks of 20 codes'
}

other_settings_are_refused() {
    # shellcheck disable=SC2086
    finetune other.st $shape --updates 40 || return 1
    refused 'state.*seed' finetune other.st $shape --updates 40 --seed 2 &&
        refused 'bins 30.*24' finetune other2.st --init "$work/p1.st" \
            --bins 30 &&
        printf 'id\tpath\ttext\nu\tu0.wav\ta b\n' >"$work/train/small.tsv" &&
        refused 'state.*data' finetune other.st $shape --updates 40 \
            --data "$work/train/small.tsv"
}

short_ones_are_named() {
    {
        cat "$work/train/table.tsv"
        printf 'long\tu0.wav\tspk0\t%s\n' \
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    } >"$work/train/with_long.tsv"
    # shellcheck disable=SC2086
    $attune finetune --data "$work/train/with_long.tsv" --dev \
        "$work/test/table.tsv" --out "$work/long.st" $shape $tuning \
        --updates 5 2>&1 | tee "$work/long.log"
    grep -E 'with_long.tsv:26|long' "$work/long.log" | grep -i frames
}

check "tones become letters" learns
check "1 to 3 workers hear the same, and so does one recording alone" \
    workers_transcribe
check "an encoder is pretrained, fine-tuned, and adapted" reuses_the_encoder
check "a model tells the errors of the validation that chose it" \
    keeps_its_errors learned.st 12
check "adapting ends with nothing worse than it began with" \
    adapting_spoils_nothing
check "a model tells the settings of its runs, and of what came before" \
    keeps_its_runs
check "the middle layer learns to transcribe, too" middle_layer_reads
check "masks grow" masks_grow
check "who learns no letters is told what may help" untaught_is_told
check "the middle layer learns to predict, too" middle_layer_predicts
check "a layer of a checkpoint can be clustered" second_iteration
check "1 to 4 workers fine-tune the same model, byte for byte" workers_finetune
check "1 to 4 workers pretrain the same model (random projection)" \
    workers_pretrain random-projection
check "1 to 4 workers pretrain the same model (k-means)" \
    workers_pretrain k-means
check "stopped or killed, fine-tuning ends with the same model" resumes_finetune
check "the model of many validations tells the errors of the one that was kept" \
    keeps_its_errors whole.st 12
check "stopped or killed, pretraining ends with the same model" resumes_pretrain
check "a stopped run says how it goes on, and exits with 130" says_how_to_go_on
check "a run is stopped while it reads" stops_while_reading
check "what is overwritten stays until there is something new" overwrites_late
check "what is compared with has letters" dev_wants_letters
check "a run does not go on with other settings or data" \
    other_settings_are_refused
check "transcripts too long for their recording are named" short_ones_are_named
finish
