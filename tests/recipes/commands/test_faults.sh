#!/usr/bin/env bash
# Faults in the middle of training: killed, a full disk, a recording that goes
# away, numbers that overflow. One line says what; what was saved is good; and
# once the fault is gone the same command ends with the same bytes.
#
# Where that is allowed, in a namespace of its own: a disk is mounted.
if [ -z "${apart:-}" ] &&
    unshare -m mount -t tmpfs tmpfs /tmp 2>/dev/null; then
    apart=1 exec unshare -m "$0"
fi
. tests/shell.sh
. tests/tones.sh

attune=$release
tones "$work/train" 16 1
tones "$work/test" 6 2
shape=(--rate 8000 --bins 24 --dim 48 --layers 3 --heads 2 --ffn 192)
batch=(--batch-seconds 4 --micro-seconds 3 --lanes 3 --report-every 2)
learn=("$attune" pretrain --data "$work/train" "${shape[@]}" "${batch[@]}"
    --codes 20 --whiten 8 --save-every 1)
tune=("$attune" finetune --data "$work/train/table.tsv" --dev
    "$work/test/table.tsv" "${shape[@]}" "${batch[@]}" --save-every 1
    --validate-every 2)

identical() { # FILE FILE
    cmp "$work/$1" "$work/$2"
}

# reached UPDATE OUT PID: waits until the journal tells of the update.
reached() {
    while ! grep -qs "\"update\":$1," "$work/$2.journal"; do
        kill -0 "$3" || return 1
        sleep 0.01
    done
}

leftovers() { # OUT: files half written
    compgen -G "$work/$1*.tmp-*"
}

# Kills it at random moments, and at every other turn in the middle of writing
# a checkpoint.
killed_twenty_times() { # OUT COMMAND...
    local out=$1 kills pid halves=0
    shift
    RANDOM=3
    for ((kills = 0; kills < 20; kills++)); do
        "$@" --out "$work/$out" &
        pid=$!
        if ((kills % 2)); then
            until leftovers "$out" >/dev/null; do
                kill -0 $pid || break
            done
        else
            sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
        fi
        kill -KILL $pid
        wait $pid
        leftovers "$out" && halves=$((halves + 1))
        # Whatever is there under a model's name is a whole one.
        [ ! -e "$work/$out" ] || "$attune" show "$work/$out" >/dev/null ||
            return 1
    done
    echo "$halves of $kills kills left a file half written"
    [ $halves -ge 3 ] || return 1
    "$@" --out "$work/$out" && ! leftovers "$out"
}

kills_pretrain() {
    "${learn[@]}" --updates 80 --out "$work/whole.st" || return 1
    killed_twenty_times killed.st "${learn[@]}" --updates 80 || return 1
    identical whole.st killed.st
}

kills_finetune() {
    "${tune[@]}" --updates 60 --out "$work/whole_f.st" || return 1
    killed_twenty_times killed_f.st "${tune[@]}" --updates 60 || return 1
    identical whole_f.st killed_f.st
}

# The best model so far is written at every validation, the state more rarely.
killed_before_the_first_save() {
    local late=(--updates 60 --save-every 1000)
    "${tune[@]}" "${late[@]}" --out "$work/early.st" &
    reached 10 early.st $! || return 1
    kill -KILL $!
    wait $!
    [ -e "$work/early.st" ] && "${tune[@]}" "${late[@]}" --out \
        "$work/early.st" && identical whole_f.st early.st
}

# ends_badly PATTERN PID LOG: the process says one line that matches, last.
ends_badly() {
    local code=0
    wait "$2" || code=$?
    cat "$3"
    same $code 1 && tail -n 1 "$3" | grep -E "^attune [a-z]*: .*$1"
}

# What a fault has left goes on to the same end.
goes_on() { # WHOLE OUT COMMAND...
    local whole=$1 out=$2
    shift 2
    ! leftovers "$out" || return 1
    "$attune" show "$work/$out" >/dev/null || return 1
    "$@" --out "$work/$out" 2>"$work/log" || return 1
    cat "$work/log"
    grep 'going on after update [1-9]' "$work/log" && identical "$whole" "$out"
}

# A limit on the size of files, from the middle of the run on.
quota_is_met() {
    "${learn[@]}" --updates 80 --out "$work/quota.st" 2>"$work/log" &
    local pid=$!
    reached 20 quota.st $pid && prlimit --pid $pid --fsize=4096 || return 1
    ends_badly 'quota.st.*: cannot be written: File too large' $pid "$work/log" &&
        goes_on whole.st quota.st "${learn[@]}" --updates 80
}

# A disk with little more room than the files take.
disk_fills_up() {
    mkdir "$work/disk"
    mount -t tmpfs -o size=12m tmpfs "$work/disk" || return 1
    (
        "${tune[@]}" --updates 60 --out "$work/disk/full.st" 2>"$work/log" &
        reached 10 disk/full.st $! || exit 1
        cat /dev/zero >"$work/disk/zero"
        ends_badly 'disk/full.st.*: cannot be written: No space' $! \
            "$work/log" || exit 1
        rm "$work/disk/zero"
        goes_on whole_f.st disk/full.st "${tune[@]}" --updates 60
    )
    local good=$?
    umount "$work/disk"
    return $good
}

# without_recording HOW OUT: a recording that is wanted again is not what it
# was.
without_recording() {
    local how=$1 out=$2 again=(--updates 80 --cache-mib 0)
    "${learn[@]}" "${again[@]}" --out "$work/$out" 2>"$work/log" &
    local pid=$!
    reached 20 "$out" $pid || return 1
    mv "$work/train/u3.wav" "$work/away.wav"
    $how "$work/train/u3.wav"
    ends_badly 'train/u3.wav: ' $pid "$work/log"
    local good=$?
    rm -f "$work/train/u3.wav"
    mv "$work/away.wav" "$work/train/u3.wav"
    [ $good = 0 ] && goes_on whole.st "$out" "${learn[@]}" "${again[@]}"
}
cut_short() {
    head -c 1000 "$work/away.wav" >"$1"
}
become_another() {
    cp "$work/train/u4.wav" "$1"
}

# Reading fails as on a disk that is broken, once the file of that name is there.
disk_breaks() {
    cc -shared -fPIC -D_GNU_SOURCE -o "$work/eio.so" -x c - <<'END' || return 1
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t read(int descriptor, void *bytes, size_t count)
{
    if (descriptor > 2 && !access(getenv("BROKEN"), F_OK)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, descriptor, bytes, count);
}
END
    BROKEN=$work/broken LD_PRELOAD=$work/eio.so "${learn[@]}" --updates 80 \
        --cache-mib 0 --out "$work/error.st" 2>"$work/log" &
    reached 20 error.st $! || return 1
    touch "$work/broken"
    ends_badly 'train/u[0-9]*.wav: ' $! "$work/log" &&
        goes_on whole.st error.st "${learn[@]}" --updates 80 --cache-mib 0
}

# Steps so large that the weights overflow.
explode=(--updates 30 --learning-rate 10 --clip 0 --warmup 0 --schedule constant
    --head-rate 1000 --beta1 0 --beta2 0)
overflow_is_named() {
    refused 'update [0-9]+: .* (loss|gradient) of u[0-9]+ \(.*/u[0-9]+.wav\).*learning-rate' \
        "${tune[@]}" "${explode[@]}" --out "$work/explode.st" || return 1
    "$attune" show "$work/explode.st" >/dev/null
}
overflow_is_skipped() {
    "${tune[@]}" "${explode[@]}" --nonfinite skip --out "$work/skip.st" \
        2>"$work/log" || { cat "$work/log"; return 1; }
    grep -E 'update [0-9]+: .*u[0-9]+.wav' "$work/log" &&
        grep '"kind":"skipped".*u[0-9]*.wav' "$work/skip.st.journal" &&
        "$attune" show "$work/skip.st" >/dev/null
}
# Where all that were validated had overflowed, there is nothing to keep.
overflow_is_not_kept() {
    refused 'no weights could be kept.*--learning-rate' "${tune[@]}" \
        "${explode[@]}" --nonfinite skip --validate-every 30 \
        --out "$work/gone.st" && [ ! -e "$work/gone.st" ]
}

check "killed 20 times, pretraining ends with the same model" kills_pretrain
check "killed 20 times, fine-tuning ends with the same model" kills_finetune
check "killed before its first save, a run begins anew" \
    killed_before_the_first_save
check "a quota met in the middle ends the run, which goes on" quota_is_met
if [ -n "${apart:-}" ]; then
    check "a disk that fills up ends the run, which goes on" disk_fills_up
else
    skip "a disk that fills up" "wants to mount a small one"
fi
check "a recording that vanishes ends the run, which goes on" \
    without_recording true vanished.st
check "a disk that cannot be read ends the run, which goes on" disk_breaks
check "a recording that is cut short ends the run, which goes on" \
    without_recording cut_short short.st
check "a recording that becomes another ends the run, which goes on" \
    without_recording become_another another.st
check "the recording whose loss overflows is named" overflow_is_named
check "updates that overflow are skipped, and said" overflow_is_skipped
check "weights that overflowed are not kept" overflow_is_not_kept
finish
