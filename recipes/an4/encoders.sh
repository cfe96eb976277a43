#!/usr/bin/env bash
# What to pretrain on, and what to predict: AN4's own recordings or a pool of
# ten hours that has them, too; codes of random projections or of k-means;
# once, or again with clusters of the first encoder's middle layer.
#
#     data=FOLDER [work=FOLDER] [arms="ARM..."] [seeds=1] [threads=N] \
#         [from=STAGE] recipes/an4/encoders.sh
#
# FOLDER has the pool's corpora (see corpora/pool) in folders of their names. On
# stdout: a table of error rates with 5 minutes and with all transcripts;
# $work/encoders.tsv has every single result. Stopped, it goes on where it was;
# with more arms (experiments.sh) and seeds, it adds them.
work=${work:-work/an4-experiments}
an4=${data:?a folder of the corpora}/an4
# shellcheck source=recipes/an4/experiments.sh
. "$(dirname "${BASH_SOURCE[0]}")/experiments.sh"

arms=${arms:-own-rp own-km own-km-2 pool-km}
for seed in ${seeds:-1}; do
    for arm in $arms; do
        encoder "$arm" "$seed"
        for labels in all 5; do
            recogniser "$arm" $labels "$seed"
        done
    done
done
# shellcheck disable=SC2086
results encoders "5 all" scratch $arms
