#!/usr/bin/env bash
# Every command in README.md is run: here, on tones instead of speech, or as
# part of what a change must pass (.ci/run).
. tests/shell.sh
. tests/tones.sh

root=$PWD
readme=$root/README.md

# The lines of README's shell commands.
commands() {
    awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$readme"
}

# attune with few updates of a small model.
mkdir -p "$work/bin"
cat >"$work/bin/attune" <<END
#!/usr/bin/env bash
case \$1 in
pretrain | finetune) set -- "\$@" --config "$work/small.conf" ;;
esac
[ "\$1" != pretrain ] || set -- "\$@" --codes 8 --whiten 4 --updates 5
[ "\$1" != finetune ] || [[ " \$* " == *' --updates '* ]] ||
    set -- "\$@" --updates 5
[ "\$1" != ngram ] || set -- "\$@" --unit character # the tones' are words
exec $release "\$@"
END
# A microphone into which a recording is spoken.
cat >"$work/bin/arecord" <<END
#!/usr/bin/env bash
exec cat "$work/at/recordings/one.wav"
END
chmod +x "$work/bin/"{attune,arecord}
cat >"$work/small.conf" <<'END'
rate = 8000
bins = 24
dim = 16
layers = 1
heads = 2
ffn = 32
batch-seconds = 4
micro-seconds = 2
lanes = 2
END

# The files that the commands speak of.
at=$work/at
tones "$at/recordings" 6 4
cp "$at/recordings/u0.wav" "$at/recordings/one.wav"
for table in train dev test my_voice my_dev; do
    sed "s|\tu|\trecordings/u|" "$at/recordings/table.tsv" >"$at/$table.tsv"
done
tail -n +2 "$at/recordings/table.tsv" | while IFS=$'\t' read -r id _ _ text; do
    echo "$text" >"$at/recordings/$id.txt"
done
rm "$at/recordings/table.tsv"
ln -s "$root/recipes" "$root/corpora" "$at/"
mkdir -p "$at/build/release" "$at/work/quickstart/corpus/sounds/en_US_f_Allison"
ln -s "$release" "$at/build/release/attune"
cp "$at/recordings/one.wav" \
    "$at/work/quickstart/corpus/sounds/en_US_f_Allison/conf-getconfno.wav"
# A copy of AN4, and three runs of the quickstart that are done but for the
# table.
mkdir -p "$at/FOLDER/audio/"{train,test}
printf 'id\tpath\tspeaker\ttext\n' >"$at/FOLDER/manifest.tsv"
tail -n +2 "$at/train.tsv" | while IFS=$'\t' read -r id path _ text; do
    case $id in
    u0) part=test speaker=fcaw ;;
    u1) part=train speaker=fejs ;;
    *) part=train speaker=fash ;;
    esac
    cp "$at/$path" "$at/FOLDER/audio/$part/"
    printf '%s\taudio/%s/%s\t%s\t%s\n' "$id" "$part" "${path##*/}" $speaker \
        "$(sed "s/./& /g" <<<"$text")" >>"$at/FOLDER/manifest.tsv"
done
for run in "$at/work/quickstart-"{1,2,3}; do
    mkdir -p "$run/corpus" "$run/done"
    cp "$at/test.tsv" "$run/corpus/"
    cut -f 1,4 "$at/test.tsv" | tail -n +2 | tee "$run/scratch.txt" \
        >"$run/pretrained.txt"
    printf 'update\tdev_wer\n100\t50\n' | tee "$run/scratch.curve" \
        >"$run/pretrained.curve"
    for stage in corpus pretrain {,transcribe-}{scratch,pretrained} plot cards; do
        : >"$run/done/$stage"
    done
done
PATH=$work/bin:$PATH
# The library, and the example that uses it.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' "$readme" >"$at/listen.c"
env -u MAKEFLAGS -u MAKELEVEL make install FLAVOUR=release \
    PREFIX="$work/installed" >"$work/log" 2>&1 || cat "$work/log"
export PKG_CONFIG_PATH=$work/installed/lib/pkgconfig
export LD_LIBRARY_PATH=$work/installed/lib
(cd "$at" && attune finetune --data train.tsv --dev dev.tsv \
    --out work/quickstart/pretrained.safetensors) >"$work/log" 2>&1 ||
    { cat "$work/log"; echo "not ok - a model to run the commands with"; }

# In README's order: what one command writes the next one reads.
in_folder() {
    (cd "$at" && attune=$work/bin/attune bash -euo pipefail -c "$1")
}

while IFS= read -r line; do
    case $line in
    'make quickstart' | 'make test')
        check "what a change must pass runs: $line" \
            grep -qx "$line" "$root/.ci/run"
        ;;
    *) check "README's command runs: $line" in_folder "$line" ;;
    esac
done < <(commands)
check "README has commands" test "$(commands | wc -l)" -ge 10

# Files and folders that README links to are there.
links() {
    grep -oE '\]\([^):#]+\)' "$readme" | tr -d '](),' | while IFS= read -r path; do
        [ -e "$root/$path" ] || { echo "no $path"; exit 1; }
    done
}
check "README's links lead somewhere" links
finish
