#!/usr/bin/env bash
# Speed over ranks of one machine, against as many threads of one rank.
#
#     tests/model/train/bench_ranks.sh TABLE|FOLDER [UPDATES [OPTIONS...]]
#
# Prints, for each way to run, the shortest and the median time of an update
# (pretraining 3 million parameters) in seconds and, with mpirun, the bytes that
# the first rank sent in one, as Open MPI's monitoring counts them.
set -euo pipefail
data=$1 updates=${2:-10}
shift $(($# < 2 ? $# : 2))
attune=$PWD/build/mpi/attune
work=$(mktemp -d "${TMPDIR:-/tmp}/attune-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1

seconds() { # least and median of an update, the first left out
    awk -F'"seconds":' '{ print $2 + 0 }' "$1" | awk 'NR > 1 { print $1 - last }
        { last = $1 }' | sort -n | awk '{ t[NR] = $1 }
        END { printf "%.3f\t%.3f", t[1], t[int((NR + 1) / 2)] }'
}
# MB that rank 0 sent, all messages together.
sent() {
    awk '$1 == "E" && $2 == 0 || $1 == "I" && $2 == 0 { bytes += $4 }
        END { print bytes / 1e6 }' "$work"/monitor.0.prof
}
run() { # RANKS THREADS LANES SECONDS OPTIONS...
    local ranks=$1 threads=$2 lanes=$3 batch=$4 count bytes=()
    shift 4
    for count in 1 $((updates + 1)); do
        [ "$ranks$count" != 11 ] || continue # it has nobody to send to
        mpirun -n "$ranks" --bind-to none --mca pml_monitoring_enable 1 \
            --mca pml_monitoring_enable_output 3 \
            --mca pml_monitoring_filename "$work/monitor" "$attune" pretrain \
            --dim 144 --layers 6 --ffn 576 --data "$data" --out "$work/out.st" \
            --overwrite --threads "$threads" --lanes "$lanes" \
            --batch-seconds "$batch" --updates "$count" --report-every 1 \
            --save-every 1000 "$@" >"$work/log" 2>&1 ||
            { cat "$work/log" >&2; exit 1; }
        bytes+=("$([ "$ranks" = 1 ] || sent)")
    done
    printf '%d\t%d\t%d\t%d\t%s\t' "$ranks" "$threads" "$lanes" "$batch" \
        "$(seconds "$work/out.st.journal")"
    awk "BEGIN { print (${bytes[1]:-0} - ${bytes[0]:-0}) / $updates }"
}
printf 'ranks\tthreads\tlanes\taudio s\tleast s\tmedian s\tMB sent\n'
run 1 1 8 160 "$@" # the same work for all: strong scaling
run 1 2 8 160 "$@"
run 2 1 8 160 "$@"
run 1 1 4 80 "$@" # as much for each worker as for one of two: weak scaling
