#!/usr/bin/env bash
# Pretraining on telephone prompts in five languages, then fine-tuning on
# twelve minutes of English; and the same fine-tuning from scratch.
#
#     [work=FOLDER] [seed=N] [threads=N] [from=STAGE] recipes/quickstart/run.sh
#
# The last two lines on stdout are the word error rates on held-out recordings.
# Stopped, it goes on where it was. Settings: the .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${work:-work/quickstart}
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"

stage corpus "$root/corpora/prompts/prepare.sh" "$corpus"
compare
