#!/usr/bin/env bash
# speechocean762, English sentences read by learners, half of them children:
# pretraining on the training recordings without transcripts, then fine-tuning
# with them; the same fine-tuning from scratch; and both with n-grams of the
# training transcripts.
#
#     speechocean762=FOLDER [work=FOLDER] [seed=N] [threads=N] [from=STAGE] \
#         recipes/speechocean762/run.sh
#
# FOLDER is a copy of the corpus, as corpora/speechocean762 knows it. The last
# four lines on stdout are the word error rates on the official test recordings.
# Stopped, it goes on where it was. Settings: the .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${work:-work/speechocean762}
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"

stage corpus "$root/corpora/speechocean762/prepare.sh" "$corpus" \
    "${speechocean762:?a copy of the corpus}"
compare_with_ngrams
