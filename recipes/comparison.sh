# What pretraining gains, as stages; sourced by the run.sh of recipes.
# shellcheck shell=bash
#
#     here=FOLDER            the recipe's: model.conf, pretrain.conf,
#                            finetune.conf; ngram.conf, card.conf as wanted
#     work=FOLDER            where everything is written
#     . recipes/comparison.sh
#     stage corpus ...       makes $corpus/{untranscribed,train,dev,test}.tsv
#     compare                or compare_with_ngrams
#
# Pretrains on what is not transcribed, fine-tunes on what is; fine-tunes
# another model from scratch with the same settings; leaves a model card beside
# each (NAME.card.md) and prints what both make of the test recordings. $seed and
# $threads (all cores) may be set.

# shellcheck source=recipes/stages.sh
. "$(dirname "${BASH_SOURCE[0]}")/stages.sh"
corpus=${work:?}/corpus
# A table of one's own may name recordings anywhere.
common=(--config "${here:?}/model.conf" --seed "${seed:=1}"
    --threads "${threads:=0}" --outside)

pretrain() {
    "$attune" pretrain --data "$corpus/untranscribed.tsv" \
        --out "$work/encoder.safetensors" \
        --config "$here/pretrain.conf" "${common[@]}"
}

finetune() { # NAME [--init ENCODER]
    local name=$1
    shift
    "$attune" finetune --data "$corpus/train.tsv" --dev "$corpus/dev.tsv" \
        --out "$work/$name.safetensors" \
        --config "$here/finetune.conf" "${common[@]}" "$@"
}

# Recordings as they are cut, in float: what is published shall not depend on
# where pauses are found, or on the CPU.
transcribe() { # NAME FILE [OPTIONS...]
    local name=$1 file=$2
    shift 2
    "$attune" transcribe --model "$work/$name.safetensors" \
        --table "$corpus/test.tsv" --outside --threads "$threads" \
        --precision float --no-vad --segment-seconds 600 "$@" >"$work/$file.txt"
}

# The learning curves, as $work/curves.svg.
plot() {
    local name
    for name in scratch pretrained; do
        "$attune" show "$work/$name.safetensors.journal" \
            --columns update,dev_wer >"$work/$name.curve"
    done
    gnuplot -e "work='$work'" "$root/recipes/curves.gp"
}

# After how many updates the pretrained model is as good on the development
# recordings as the other ever is.
sooner() {
    awk '
        FNR == 1 { next }
        FNR == NR {
            if (best == "" || $2 < best) {
                best = $2
                at = $1
            }
            next
        }
        $2 <= best && !reached { reached = $1 }
        END {
            printf "scratch is at its best, WER %.1f on the development" \
                " recordings, after %d updates;\npretrained is there after" \
                " %s\n", best, at, reached ? reached : "none"
        }' "$work/scratch.curve" "$work/pretrained.curve"
}

# side_by_side TABLE TRANSCRIPTS... : of some recordings what was said, and what
# each of the transcripts, in the order of the table, has.
side_by_side() {
    local table=$1
    shift
    awk -F '\t' '
        FNR == 1 { file++ }
        file == 1 && FNR == 1 {
            for (i = 1; i <= NF; i++)
                column[$i] = i
            next
        }
        file == 1 { said[++n] = $column["text"]; next }
        { heard[file, FNR] = $2; label[file] = FILENAME }
        END {
            for (f = 2; f <= file; f++) {
                sub(/.*\//, "", label[f])
                sub(/\.[^.]*$/, "", label[f])
            }
            for (u = 1; u <= n; u += int(n / 6) + 1) {
                printf "\n%-12s %s\n", "said", tolower(said[u])
                for (f = 2; f <= file; f++)
                    printf "%-12s %s\n", label[f], heard[f, u]
            }
        }' "$table" "$@"
}

train_both() {
    stage pretrain pretrain
    stage scratch finetune scratch
    stage pretrained finetune pretrained --init "$work/encoder.safetensors"
    stage transcribe-scratch transcribe scratch scratch
    stage transcribe-pretrained transcribe pretrained pretrained
    stage plot plot
}

# $work/NAME.card.md: a model card, with what attune score says of every file of
# the model's transcripts; more for the cards, such as language and licence, is
# in $here/card.conf, where there is one.
card() { # NAME
    local file
    local -a scores=() said=()
    [ ! -e "$here/card.conf" ] || said=(--config "$here/card.conf")
    for file in "$work/$1"{,-ngrams}.txt; do
        [ -e "$file" ] || continue
        "$attune" score "$corpus/test.tsv" "$file" >"${file%.txt}.score"
        scores+=("${file%.txt}.score")
    done
    "$attune" show --card "$work/$1.safetensors" "${scores[@]}" \
        "${said[@]}" --title "${here##*/}: $1" >"$work/$1.card.md"
}

cards() {
    local name
    for name in encoder scratch pretrained; do
        card $name
    done
}

report() {
    local rate name
    side_by_side "$corpus/test.tsv" "$work/scratch.txt" "$work/pretrained.txt"
    echo
    echo "learning curves: $work/curves.svg"
    sooner
    echo "transcribe your own: $attune transcribe" \
        "--model $work/pretrained.safetensors RECORDING..."
    echo
    for rate in CER WER; do
        for name in scratch pretrained; do
            echo "$("$attune" score "$corpus/test.tsv" "$work/$name.txt" |
                grep "^%$rate") $name"
        done
    done
}

compare() {
    train_both
    stage cards cards
    report
}

make_ngrams() { # TABLE OUT
    local settings=()
    [ ! -e "$here/ngram.conf" ] || settings=(--config "$here/ngram.conf")
    "$attune" ngram --data "$1" --out "$2" "${settings[@]}"
}

# With n-grams, their weight chosen on the development set.
transcribe_with_ngrams() { # NAME NGRAMS
    "$attune" tune --model "$work/$1.safetensors" --table "$corpus/dev.tsv" \
        --outside --lm "$2" --precision float --out "$work/$1.conf" \
        --threads "$threads"
    transcribe "$1" "$1-ngrams" --config "$work/$1.conf"
}

compare_with_ngrams() {
    local name
    train_both
    stage ngrams make_ngrams "$corpus/train.tsv" "$work/words.arpa"
    for name in scratch pretrained; do
        stage "ngrams-$name" transcribe_with_ngrams $name "$work/words.arpa"
    done
    stage cards cards
    report
    for name in scratch pretrained; do
        echo "$("$attune" score "$corpus/test.tsv" "$work/$name-ngrams.txt" |
            grep '^%WER') $name, with n-grams"
    done
}
