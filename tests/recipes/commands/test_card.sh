#!/usr/bin/env bash
# attune show --card: what a card says is so, and its commands do what they say.
. tests/shell.sh
. tests/tones.sh

tones "$work/train" 12 1
tones "$work/test" 6 2
mkdir "$work/bin"
ln -s "$release" "$work/bin/attune"
PATH=$work/bin:$PATH
cd "$work" || exit 1
# A table whose name is markup, and something for a shell to do.
odd="train/it's \`a\` \$(touch broken) | <b>.tsv"
cp train/table.tsv "$odd"
printf 'rate = 8000\nbins = 24\ndim = 16\nlayers = 1\nheads = 2\nffn = 32
batch-seconds = 4\nmicro-seconds = 2.5\nlanes = 2\n' >small.conf
common=(--config small.conf --seed 7 --threads 1)
{
    attune pretrain --data train --out encoder.st "${common[@]}" --codes 8 \
        --targets random-projection \
        --whiten 4 --updates 8 --mask-fill noise --save-every 3
    attune finetune --data "$odd" --dev test/table.tsv --init encoder.st \
        --out model.st "${common[@]}" --updates 10 --validate-every 5 \
        --schedule constant --no-fold-case --skip-bad
    attune finetune --data train/table.tsv --dev test/table.tsv \
        --out scratch.st "${common[@]}" --updates 5 --cmvn stored
    attune finetune --data train/table.tsv --dev test/table.tsv \
        --init model.st --out adapted.st "${common[@]}" --updates 5
    attune transcribe --model model.st --table test/table.tsv >heard.txt
    attune score test/table.tsv heard.txt >test.score
} 2>log || { cat log; echo "not ok - models to test with"; exit 1; }

card() {
    "$attune" show --card "$@"
}

# The shell commands of a section.
commands() { # CARD SECTION
    awk -v section="## $2" '/^## /{ on = $0 == section }
        /^```/ { block = on && /sh$/; next } block' "$1"
}

# What stands as it is under Measured.
measured() { # CARD
    awk '/^## /{ on = $2 == "Measured" } /^```/ { block = !block && on; next }
        block' "$1"
}

# Runs a card's commands where only the recordings are.
makes_again() { # MODEL...
    local own
    rm -rf again && mkdir again && cp -r train test again/ || return 1
    card "${!#}" >made.md && commands made.md 'Make it again' >made.sh &&
        cat made.sh || return 1
    (cd again && bash -euo pipefail ../made.sh) || return 1
    for own in "$@"; do
        cmp "$own" "again/$own" || return 1
    done
    ! ls -d broken again/broken 2>/dev/null
}

adapted_model() {
    card adapted.st >adapted.md && cat adapted.md || return 1
    grep -qx 'It begins from `model.st`, which must be there.' adapted.md &&
        grep -q '^- before that, it had learned from: .* 10 of 10 updates' \
            adapted.md &&
        same "$(commands adapted.md 'Make it again' | grep -c '^attune')" 1 ||
        return 1
    mv adapted.st first.st && rm adapted.st.* &&
        bash -e <(commands adapted.md 'Make it again') &&
        cmp first.st adapted.st
}

is_used_as_it_says() { # MODEL
    card "$1" >use.md
    commands use.md Use | sed 's|RECORDING...|test/u0.wav|
        s|TABLE|test/table.tsv|; s|FOLDER|times|; s|TRAIN.tsv|train/table.tsv|
        s|DEV.tsv|test/table.tsv --updates 2 --overwrite|' >use.sh
    cat use.sh
    bash -e use.sh
}

tells_what_it_is() {
    card model.st >model.md && cat model.md || return 1
    grep -qx '# model' model.md &&
        grep -q "^It writes these 4 characters, and no others: a b c d$" \
            model.md &&
        ! grep -q '^Upper and lower' model.md &&
        grep -qx '| schedule | constant | tri-stage |' model.md &&
        grep -qx '| mask-fill | noise | learned |' model.md &&
        grep -qx '| fold-case | no | yes |' model.md &&
        grep -qx '| dim | 16 | 144 |' model.md &&
        ! grep -Eq 'save-every|threads' model.md &&
        grep -q "^- learned from: \`\`$odd\`\`: 12 recordings, " model.md &&
        grep -q "$(stat -c %s model.st) bytes" model.md &&
        grep -q "^- development set: \`test/table.tsv\`, WER $(attune show \
            model.st | sed -n 's/^finetune.dev_wer.//p') %" model.md &&
        grep -q '^No error rates of a test were given' model.md || return 1
    # Passes are updates, times what is in each, through what there was.
    awk '/^- learned from/ { minutes = $0
            sub(/ minutes.*/, "", minutes); sub(/.* /, "", minutes) }
        /^- updates/ { n++; passes = $3 * 4 / 60 / minutes
            if ($0 !~ sprintf(", 4 s of audio in each: %.1f passes", passes))
                exit 1 }
        END { exit n != 2 }' model.md
}

tells_of_an_encoder() {
    card encoder.st >encoder.md && cat encoder.md || return 1
    grep -q '^It cannot transcribe yet' encoder.md &&
        grep -q '4 codebooks of 8 codes' encoder.md &&
        ! grep -Eq 'attune (transcribe|align)|Fine-tuning|## Measured' \
            encoder.md
}

copies_scores() {
    card model.st test.score >scored.md && cat scored.md || return 1
    measured scored.md >copied
    tail -n 4 test.score | cmp - copied || return 1
    attune score test/table.tsv heard.txt --alignment >long.score
    card model.st long.score test.score >both.md &&
        cmp <(measured both.md) <(cat copied copied) &&
        ! grep -q '^No error rates' scored.md
}

no_scores() { # SED-SCRIPT
    sed "$1" test.score >bad.score
    refused 'bad.score: does not end as what attune score prints' \
        card model.st bad.score && [ ! -s "$work/.stdout" ]
}

says_what_its_owner_says() {
    printf '## Whose voices\n\n*Volunteers*, who agreed.\n' >notes.md
    printf 'title = A *bold* title\nlicence = it'"'"'s mine\nnotes = notes.md
dim = 3\n' >card.conf
    card model.st --config card.conf --language en >owner.md &&
        cat owner.md || return 1
    same "$(head -n 5 owner.md)" "---
language: 'en'
license: 'it''s mine'
library_name: attune
pipeline_tag: automatic-speech-recognition" &&
        grep -Fqx '# A \*bold\* title' owner.md &&
        grep -Fqx '*Volunteers*, who agreed.' owner.md &&
        grep -Fqx -- '- language: en' owner.md &&
        refused 'absent.md' card model.st --notes absent.md &&
        [ ! -s "$work/.stdout" ]
}

# Same length, so that the file stays whole.
says_what_it_does_not_know() {
    sed 's/finetune.settings/finetune.sottings/' model.st >old.st
    sed 's/head-rate=/hood-rate=/' model.st >newer.st
    sed 's/head-rate=1/head-rate=x/' model.st >other.st
    local file
    for file in old newer other; do
        ! cmp -s model.st $file.st && card $file.st >$file.md || return 1
        grep -q '^The file lacks settings of its runs, or' $file.md &&
            grep -q '^Its settings are not in the file' $file.md &&
            same "$(commands $file.md 'Make it again')" '' || return 1
    done
}

shows_no_markup() {
    sed 's/"attune 0.1.0"/"a`b<i>\\u001b"/; s/:"10 of 10"/:"`|\\u0085"/' \
        model.st >hostile.st
    cmp -s model.st hostile.st && return 1
    card hostile.st >hostile.md && cat hostile.md || return 1
    grep -Fqx -- '- made by: ``a`b<i>?``' hostile.md &&
        grep -Fq -- '- updates: `` `|? ``, 4 s' hostile.md
}

# What a reader of Markdown sees.
is_read_as_meant() {
    cmark hostile.md >hostile.html && cat hostile.html || return 1
    grep -Fqx '<li>made by: <code>a`b&lt;i&gt;?</code></li>' hostile.html &&
        grep -Fq '<li>updates: <code>`|?</code>, 4 s' hostile.html &&
        grep -Fq '<li>learned from: <code>train/it'"'"'s `a` $(touch broken) |\
 &lt;b&gt;.tsv</code>: 12 ' hostile.html &&
        same "$(grep -c '^<h[1-3]>' hostile.html)" 10
}

bytes_do_not_crash() {
    local i code at
    RANDOM=3
    for ((i = 0; i < 60; i++)); do
        cp model.st mutated.st
        at=$((8 + RANDOM % 3000))
        printf '%b' "\\x$(printf %02x $((33 + RANDOM % 90)))" |
            dd of=mutated.st bs=1 seek=$at conv=notrunc status=none
        code=0
        card mutated.st >mutated.md 2>err || code=$?
        [ $code -le 1 ] || { echo "byte $at: status $code"; cat err; return 1; }
    done
}

check "the commands of a card make the model again, byte for byte" \
    makes_again encoder.st model.st
check "and a model that learned from scratch" makes_again scratch.st
check "and an encoder" makes_again encoder.st
check "and an adapted model, from that which it began from" adapted_model
check "a recogniser is used as its card says" is_used_as_it_says model.st
check "an encoder is used as its card says" is_used_as_it_says encoder.st
check "a card tells what a recogniser is and how it was made" tells_what_it_is
check "a card tells that an encoder cannot transcribe yet" tells_of_an_encoder
check "a card has the scores letter by letter" copies_scores
check "what is not a score is refused" no_scores 's/sub \]/sub ] x/'
check "a score that lacks a line is refused" no_scores '/^%CER/d'
check "a score that goes on is refused" no_scores '$a more'
check "a file of scores that is not there is named" \
    refused 'absent.score' card model.st absent.score
check "a card has what its owner says" says_what_its_owner_says
check "a card tells what it does not know" says_what_it_does_not_know
check "strings of a file are no markup" shows_no_markup
if command -v cmark >/dev/null; then
    check "cmark reads them as they are" is_read_as_meant
else
    skip "cmark reads them as they are" "cmark is not installed"
fi
check "a journal has no card" refused 'model.st.journal' card model.st.journal
check "two files without --card are refused" refused 'one FILE is wanted' \
    "$attune" show model.st encoder.st
check "damaged bytes of a header do not crash a card" bytes_do_not_crash
finish
