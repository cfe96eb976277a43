#!/usr/bin/env bash
# attune pretrain and finetune over ranks (MPI): how many there are changes not
# one bit; they stop together, and the death of one is not the end.
. tests/shell.sh
. tests/tones.sh

without_mpi_is_refused() {
    OMPI_COMM_WORLD_SIZE=2 refused 'make MPI=1' "$release" pretrain \
        --data "$work" --out "$work/refused.st"
}
check "a program without MPI refuses to be one of many" without_mpi_is_refused

attune=$PWD/build/mpi/attune
if ! [ -x "$attune" ] || ! command -v mpirun >/dev/null; then
    skip "training over ranks" "wants mpirun, and the program of make MPI=1"
    finish
fi
# As root, on fewer cores than ranks, which wait without keeping a core busy.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe # Open MPI 5
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_odls_base_sigkill_timeout=0 # no long farewell
tones "$work/train" 24 1
tones "$work/test" 12 2

over() { # RANKS VERB OPTIONS...: 0 ranks: the program without MPI
    local start="mpirun -n $1 $attune"
    [ "$1" != 0 ] || start=$release
    shift
    $start "$@" --rate 8000 --bins 24 --dim 32 --layers 2 \
        --heads 2 --ffn 64 --batch-seconds 6 --micro-seconds 3 --lanes 5 \
        --save-every 20 --report-every 10 </dev/null
}
pretrain() { # RANKS OUT OPTIONS...
    local n=$1 out=$2
    shift 2
    over "$n" pretrain --data "$work/train" --out "$work/$out" --codes 20 \
        --whiten 8 "$@"
}
finetune() {
    local n=$1 out=$2
    shift 2
    over "$n" finetune --data "$work/train/table.tsv" --dev \
        "$work/test/table.tsv" --out "$work/$out" --validate-every 10 "$@"
}
identical() { # FILE FILE...
    local first=$1 other
    shift
    for other in "$@"; do
        cmp "$work/$first" "$work/$other" || return 1
    done
}

alone_or_many() { # VERB
    local n
    $1 0 "$1.st" --updates 60 --layer-drop 0.1 || return 1
    for n in 1 2 4; do
        $1 $n "$1$n.st" --updates 60 --layer-drop 0.1 --threads $((n % 3)) ||
            return 1
    done
    identical "$1.st" "$1"{1,2,4}.st || return 1
    # What all have computed together, and what the first one alone has written.
    for n in 1 2 4; do
        same "$("$release" show "$work/$1$n.st.journal" --columns \
            update,loss,gradient_norm,dev_wer)" \
            "$("$release" show "$work/$1.st.journal" --columns \
                update,loss,gradient_norm,dev_wer)" || return 1
    done
}

# Starts a command of ranks, and after updates of it sends one rank a signal:
# its exit status is in $code, what it said in $work/log.
signal_one() { # SIGNAL UPDATE OUT COMMAND...
    local signal=$1 update=$2 out=$work/$3 pid i
    shift 3
    "$@" >"$work/log" 2>&1 &
    pid=$!
    for ((i = 0; i < 600; i++)); do
        grep -qs "\"update\":$update," "$out.journal" && break
        kill -0 $pid || break
        sleep 0.05
    done
    pkill -"$signal" -n -P "$(pgrep -P $pid -x 'mpirun|prterun')"
    code=0
    wait $pid || code=$?
    cat "$work/log"
}

stop_together() {
    finetune 0 whole.st --updates 300 || return 1
    signal_one TERM 40 stopped.st finetune 2 stopped.st --updates 300
    same $code 130 || return 1
    same "$(grep -c 'the same command goes on' "$work/log")" 1 || return 1
    [ -e "$work/stopped.st.state" ] || return 1
    finetune 4 stopped.st --updates 300 && identical whole.st stopped.st
}

one_is_killed() {
    pretrain 0 whole_p.st --updates 300 || return 1
    signal_one KILL 50 killed.st pretrain 4 killed.st --updates 300
    [ $code != 0 ] && grep -i 'killed' "$work/log" || return 1
    signal_one KILL 150 killed.st pretrain 2 killed.st --updates 300
    [ $code != 0 ] || return 1
    pretrain 3 killed.st --updates 300 && identical whole_p.st killed.st
}

said_once() { # PATTERN COMMAND...
    local pattern=$1 code=0
    shift
    "$@" >"$work/log" 2>&1 || code=$?
    cat "$work/log"
    same $code 1 && same "$(grep -Ec "^attune.*$pattern" "$work/log")" 1
}

# alone OPTIONS...: the second rank is given them besides.
alone() {
    cat >"$work/second.sh" <<END
#!/bin/sh
[ "\$OMPI_COMM_WORLD_RANK" = 1 ] || exec "$attune" "\$@"
exec "$attune" "\$@" $*
END
    chmod +x "$work/second.sh"
}

errors_are_said_once() {
    said_once 'nowhere' pretrain 2 none.st --data "$work/nowhere" || return 1
    alone --data "$work/nowhere"
    attune=$work/second.sh said_once 'rank 1 on .*: .*nowhere' pretrain 3 none.st
}

differences_are_refused() {
    alone --clip 0.5
    attune=$work/second.sh said_once 'rank 1 on .*: --clip 0.5: not as' \
        pretrain 2 none.st || return 1
    alone --data "$work/test"
    attune=$work/second.sh said_once 'rank 1 on .*/test: not as' \
        pretrain 2 none.st || return 1
    alone --threads 2 --cache-mib 0
    attune=$work/second.sh pretrain 2 fast.st --updates 5
}

overflow_is_named() { # the recording is the same one as on one rank
    local explode="--updates 30 --learning-rate 10 --clip 0 --warmup 0
        --head-rate 1000 --beta1 0 --beta2 0" one
    # shellcheck disable=SC2086 # words
    one=$(finetune 0 e0.st $explode 2>&1 | tail -n 1)
    # shellcheck disable=SC2086
    said_once 'not finite' finetune 3 e3.st $explode &&
        grep -F "$one" "$work/log"
}

too_many_are_refused() {
    local log
    log=$(finetune 6 many.st --updates 5 2>&1)
    echo "$log"
    grep '6 ranks have only 5 lanes' <<<"$log"
}

check "1, 2 and 4 ranks pretrain the same model, byte for byte" \
    alone_or_many pretrain
check "1, 2 and 4 ranks fine-tune the same model, byte for byte" \
    alone_or_many finetune
check "a signal to one rank stops all, and another number of them goes on" \
    stop_together
check "a rank that is killed ends the run, which goes on with the same bytes" \
    one_is_killed
check "an error is said once, with its rank" errors_are_said_once
check "ranks of other settings or recordings are refused" differences_are_refused
check "the recording whose loss overflows is named" overflow_is_named
check "more ranks than lanes are refused" too_many_are_refused
finish
