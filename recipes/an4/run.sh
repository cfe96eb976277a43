#!/usr/bin/env bash
# CMU's AN4: pretraining on its training recordings without transcripts, then
# fine-tuning with them; the same fine-tuning from scratch; and both with
# n-grams of the training transcripts.
#
#     [an4=FOLDER] [work=FOLDER] [seed=N] [threads=N] [from=STAGE] \
#         recipes/an4/run.sh
#
# FOLDER is a copy of the corpus, as corpora/an4 knows it; without one it is
# downloaded. The last four lines on stdout are the word error rates on the
# official test recordings. Stopped, it goes on where it was. Settings: the
# .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${work:-work/an4}
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"

stage corpus "$root/corpora/an4/prepare.sh" "$corpus" ${an4:+"$an4"}
compare_with_ngrams
