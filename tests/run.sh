#!/usr/bin/env bash
# Runs test programs, each with a log beside it; the last line is
# "N passed, N failed", and the exit status says the same.
#
#     tests/run.sh LOGS PROGRAM...
#
# A program says "ok - name" or "not ok - name" for each of its tests, and one
# that ends badly without a "not ok" has failed one more.
set -uo pipefail

logs=$1
shift
mkdir -p "$logs"
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
passed=0 failed=0
for program in "$@"; do
    log=$logs/$(tr / . <<<"$program").log
    began=$SECONDS
    timeout 900 "$program" >"$log" 2>&1 </dev/null
    code=$?
    good=$(grep -Ec '^[[:space:]]*ok\b' "$log")
    bad=$(grep -Ec '^[[:space:]]*not ok\b' "$log")
    if [ $code != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    elif [ $code = 0 ] && [ "$good" = 0 ]; then
        echo "$program: says nothing of any test" >>"$log"
        bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" = 0 ]; then
        echo "$program: $good passed ($((SECONDS - began)) s)"
    else
        echo "$program: $bad FAILED, exit $code; the end of $log:"
        tail -n 40 "$log" | sed 's/^/    /'
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
