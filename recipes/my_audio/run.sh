#!/usr/bin/env bash
# Your own recordings: pretraining on all of them, then fine-tuning on those
# that are transcribed; and the same fine-tuning from scratch.
#
#     data=FOLDER|TABLE [work=FOLDER] [seed=N] [threads=N] [from=STAGE] \
#         recipes/my_audio/run.sh
#
# In a folder, x.txt beside x.wav is its transcript; a table has the columns
# path and text. Some of the transcribed recordings are kept for development
# and for the test, as corpora/folder says. The last two lines on stdout are the
# word error rates on the test recordings. Stopped, it goes on where it was.
# Settings: the .conf files beside this.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -n "${data:-}" ] || {
    echo "usage: data=FOLDER|TABLE $0" >&2
    exit 2
}
work=${work:-work/my_audio}
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"

stage corpus "$root/corpora/folder/prepare.sh" "$corpus" "$data"
compare
