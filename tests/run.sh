#!/usr/bin/env bash
# Runs test programs, one for each core at a time, each with a log of its own;
# what failed is named once more at the end, the last line is
# "N passed, N failed", and the exit status says the same.
#
#     tests/run.sh LOGS PROGRAM...
#
# A program says "ok - name" or "not ok - name" for each of its tests ("not ok 1
# # SKIP name" where it cannot be made here), and one that ends badly without a
# "not ok" has failed one more.
set -uo pipefail

tests() { # LOG OUTCOME: those with ok or not ok
    grep -E "^[[:space:]]*$2\b" "$1" | grep -v ' # SKIP '
}

# Runs one program and prints a line, and the end of the log where it failed.
run_one() {
    local program=$1 log began=$SECONDS code good bad
    log=$logs/$(tr / . <<<"$program").log
    timeout 900 "$program" >"$log" 2>&1 </dev/null
    code=$?
    good=$(tests "$log" ok | wc -l)
    bad=$(tests "$log" 'not ok' | wc -l)
    if [ $code != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    elif [ $code = 0 ] && [ "$good" = 0 ]; then
        echo "$program: says nothing of any test" >>"$log"
        bad=1
    fi
    echo "$good $bad" >>"$logs/counts"
    if [ "$bad" = 0 ]; then
        echo "$program: $good passed ($((SECONDS - began)) s)"
    else
        printf '%s\n%s\n' \
            "$program: $bad FAILED, exit $code; the end of $log:" \
            "$(tail -n 40 "$log" | sed 's/^/    /')"
        {
            echo "$program: $bad FAILED, exit $code"
            tests "$log" 'not ok'
        } >>"$logs/failures"
    fi
}

export logs=$1
shift
rm -rf "$logs"
mkdir -p "$logs"
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
export -f run_one tests
printf '%s\0' "$@" |
    xargs -0 -n 1 -P "$(nproc)" bash -uo pipefail -c 'run_one "$1"' run_one
if [ -e "$logs/failures" ]; then
    cat "$logs/failures"
fi
awk -v wanted=$# '
    { passed += $1; failed += $2 }
    END {
        failed += wanted - NR # programs that were never heard of again
        print passed + 0 " passed, " failed + 0 " failed"
        exit failed > 0
    }' "$logs/counts"
