# Encoders and recognisers of AN4, a stage each; sourced by the scripts beside
# this.
# shellcheck shell=bash
#
#     work=FOLDER            where everything is written
#     [data=FOLDER]          has the corpora of the pool
#     . recipes/an4/experiments.sh
#     encoder ARM SEED       pretrains
#     recogniser ARM LABELS SEED
#     results NAME "LABELS..." ARM...
#
# An arm is a way to an encoder: scratch (none), or
#
#     own-rp, own-km         on AN4's own recordings; codes of random
#                            projections or of k-means over MFCC
#     own-rp-2, own-km-2     again, with clusters of the middle layer of that
#     pool-...               first on the whole pool, then on AN4's own
#     ...-self               the same encoder, fine-tuned again, on its own
#                            recordings without transcripts, too, with what
#                            the first recogniser heard there (self-training)
#     ...-guided             the same encoder, pretrained on with clusters of a
#                            layer of the first recogniser, and fine-tuned
#                            again: Wang et al. 2022, "Supervision-guided
#                            codebooks for masked prediction in speech
#                            pre-training"
#     ...-long               the same encoder, or none, fine-tuned four times
#                            as long: from scratch this takes what pretraining
#                            and fine-tuning do together
#
# recogniser fine-tunes with LABELS minutes of transcripts (all: the whole
# training part) and transcribes the test recordings, without and with n-grams
# of the same transcripts, which the development set weighs.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=recipes/comparison.sh
. "$here/../comparison.sh"
own=$corpus/untranscribed.tsv
pool=$work/pool/untranscribed.tsv

labelled() { # LABELS: their table
    [ "$1" = all ] && echo "$corpus/train.tsv" || echo "$corpus/train-$1min.tsv"
}

minutes() { # of all transcripts
    "$root/corpora/seconds.sh" "$corpus/train.tsv" |
        awk -F '\t' '{ sum += $2 } END { printf "%.1f\n", sum / 60 }'
}

# No recording that is tested, and no speaker of one, is learned from.
tables() {
    "$root/corpora/an4/prepare.sh" "$corpus" ${an4:+"$an4"}
    "$root/corpora/disjoint.sh" "$corpus/test.tsv" "$corpus/train.tsv" \
        "$corpus/dev.tsv" "$own"
}

pool_table() {
    "$root/corpora/pool/prepare.sh" "$work/pool" "${data:?}"
    "$root/corpora/disjoint.sh" "$corpus/test.tsv" "$pool"
}

pretrain_on() { # NAME TABLE SEED [SETTINGS...]
    local name=$1 table=$2 seed=$3
    shift 3
    "$attune" pretrain --data "$table" --out "$work/$name.safetensors" \
        --config "$here/model.conf" --seed "$seed" --threads "$threads" "$@"
}

encoder() { # ARM SEED
    local arm=$1 seed=$2 name targets=()
    name=encoder-$arm-$seed
    case $arm in
    *-2)
        encoder "${arm%-2}" "$seed"
        targets=(--targets k-means
            --target-model "$work/encoder-${arm%-2}-$seed.safetensors")
        ;;
    *-rp) targets=(--targets random-projection) ;;
    esac
    case $arm in
    own-*)
        stage "$name" pretrain_on "$name" "$own" "$seed" \
            --config "$here/pretrain.conf" "${targets[@]}"
        ;;
    pool-*)
        stage pool pool_table
        stage "$name-pool" pretrain_on "$name-pool" "$pool" "$seed" \
            --config "$here/pool.conf" "${targets[@]}"
        stage "$name" pretrain_on "$name" "$own" "$seed" \
            --config "$here/pool_own.conf" "${targets[@]}" \
            --init "$work/$name-pool.safetensors"
        ;;
    esac
}

fine_tune() { # NAME TABLE SEED [SETTINGS...]
    local name=$1 table=$2 seed=$3
    shift 3
    "$attune" finetune --data "$table" --dev "$corpus/dev.tsv" \
        --out "$work/$name.safetensors" --config "$here/finetune.conf" \
        --config "$here/model.conf" --seed "$seed" --threads "$threads" "$@"
}

# Half as many are too few from scratch.
updates_for() { # ARM LABELS
    case $1-$2 in
    *-long-*) echo 24000 ;;
    *-1) echo 2000 ;;
    *-all) echo 10000 ;;
    *) echo 6000 ;;
    esac
}

# A table of all own recordings: with their transcripts, or else with what a
# recogniser hears in them, helped by n-grams.
hear_own() { # RECOGNISER LABELS TABLE
    "$attune" transcribe --model "$work/$1.safetensors" --table "$own" \
        --config "$work/$1.conf" --threads "$threads" --precision float \
        --no-vad --segment-seconds 600 >"$work/$1.heard"
    awk -F '\t' -v OFS='\t' '
        FNR == 1 { file++ }
        file == 1 { print; known[$1] }
        file == 2 { text[$1] = $2 }
        file == 3 && FNR > 1 && !($1 in known) && text[$1] != "" {
            print $0, text[$1]
        }' "$(labelled "$2")" "$work/$1.heard" "$own" >"$3"
}

rates() { # FILE: WER and CER
    "$attune" score "$corpus/test.tsv" "$1" |
        awk '/^%/ { rate[$1] = $2 } END { print rate["%WER"], rate["%CER"] }'
}

# Whose encoder or recogniser it starts from.
first_arm() { # ARM
    local arm=${1%-self}
    arm=${arm%-guided}
    echo "${arm%-long}"
}

# Processor minutes of stages, those that were not run here left out.
spent() { # STAGE...
    local name
    for name in "$@"; do
        [ ! -e "$work/cpu/$name" ] || cat "$work/cpu/$name"
    done | awk '{ sum += $1 } END { printf "%.1f\n", sum / 60 }'
}

# The stages that made a recogniser's encoder.
pretrainings() { # ARM LABELS SEED
    local first
    first=$(first_arm "$1")
    echo "encoder-$first-$3" "encoder-$first-$3-pool"
    case $1 in
    *-guided) echo "encoder-$1-$2-$3" ;;
    *-2) pretrainings "${1%-2}" "$2" "$3" ;;
    esac
}

# And the recogniser.
fine_tunings() { # ARM LABELS SEED
    local first
    first=$(first_arm "$1")
    echo "$1-$2-$3"
    case $1 in
    *-self | *-guided) echo "$first-$2-$3" "hear-$first-$2-$3" ;;
    esac
}

measure() { # ARM LABELS SEED
    local name=$1-$2-$3 words=$work/words-$2.arpa
    [ -e "$words" ] || make_ngrams "$(labelled "$2")" "$words"
    transcribe "$name" "$name"
    transcribe_with_ngrams "$name" "$words"
    # shellcheck disable=SC2046
    echo "$2 $3 $(rates "$work/$name.txt") $(rates "$work/$name-ngrams.txt")" \
        "$(spent $(pretrainings "$@"))" \
        "$(spent $(fine_tunings "$@"))" \
        >"$work/$name.result"
}

recogniser() { # ARM LABELS SEED
    local name=$1-$2-$3 table init=() first base
    table=$(labelled "$2")
    first=$(first_arm "$1")
    base=encoder-$first-$3
    case $1 in
    *-self)
        recogniser "$first" "$2" "$3"
        table=$corpus/heard-$first-$2-$3.tsv
        stage "hear-$first-$2-$3" hear_own "$first-$2-$3" "$2" "$table"
        ;;
    *-guided)
        recogniser "$first" "$2" "$3"
        stage "encoder-$name" pretrain_on "encoder-$name" "$own" "$3" \
            --config "$here/guided.conf" --init "$work/$base.safetensors" \
            --target-model "$work/$first-$2-$3.safetensors"
        base=encoder-$name
        ;;
    esac
    [ "$first" = scratch ] || init=(--init "$work/$base.safetensors")
    stage "$name" fine_tune "$name" "$table" "$3" \
        --updates "$(updates_for "$1" "$2")" "${init[@]}"
    stage "measure-$name" measure "$1" "$2" "$3"
}

# $work/NAME.tsv: all results of the arms; on stdout, their means.
results() { # NAME "LABELS..." ARM...
    local name=$1 many=$2 arm labels file
    shift 2
    {
        printf 'arm\tlabels\tseed\twer\tcer\twer_ngrams\tcer_ngrams'
        printf '\tpretraining_minutes\tfinetuning_minutes\n'
        for labels in $many; do
            for arm in "$@"; do
                for file in "$work/$arm-$labels-"*.result; do
                    [ ! -e "$file" ] || echo "$arm $(<"$file")" | tr ' ' '\t'
                done
            done
        done
    } >"$work/$name.tsv"
    awk -f "$here/summary.awk" "$work/$name.tsv"
}

stage corpus tables
