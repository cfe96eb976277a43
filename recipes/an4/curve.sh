#!/usr/bin/env bash
# Word error rate against minutes of transcripts: from scratch and pretrained on
# AN4's own recordings; where there are few, pretrained again, guided by the
# first recogniser, too, and with self-training; and both fine-tuned for longer,
# which from scratch takes what pretraining and fine-tuning do together.
#
#     [an4=FOLDER] [work=FOLDER] [seeds="1 2 3"] [threads=N] [from=STAGE] \
#         recipes/an4/curve.sh
#
# FOLDER is a copy of the corpus; without one it is downloaded. On stdout: a
# table of means and 95 % intervals over the seeds; $work/curve.svg has the same
# as a picture, $work/curve.tsv every single result. Stopped, it goes on where
# it was; with more seeds, it adds them.
work=${work:-work/an4-experiments}
# shellcheck source=recipes/an4/experiments.sh
. "$(dirname "${BASH_SOURCE[0]}")/experiments.sh"

for seed in ${seeds:-1 2 3}; do
    encoder own-km "$seed"
    for labels in all 5 1 10 20; do
        recogniser scratch $labels "$seed"
        recogniser own-km $labels "$seed"
    done
    recogniser scratch-long 10 "$seed"
    recogniser own-km-long 10 "$seed"
    recogniser own-km-guided 5 "$seed"
    recogniser own-km-guided 10 "$seed"
    recogniser own-km-self 5 "$seed"
done
results curve "1 5 10 20 all" scratch scratch-long own-km own-km-long \
    own-km-guided own-km-self
for arm in scratch own-km own-km-guided own-km-self; do
    awk -v arm=$arm -f "$here/summary.awk" "$work/curve.tsv" |
        sed "s/^all /$(minutes) /" >"$work/curve-$arm.dat"
done
gnuplot -e "work='$work'" "$here/curve.gp"
