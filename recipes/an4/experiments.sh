# Encoders and recognisers of AN4, a stage each; sourced by the scripts beside
# this.
# shellcheck shell=bash
#
#     work=FOLDER            where everything is written
#     [data=FOLDER]          has the corpora of the pool
#     . recipes/an4/experiments.sh
#     encoder ARM SEED       pretrains
#     recogniser ARM LABELS SEED [ENCODER-SEED]
#     results NAME "LABELS..." ARM...
#
# An arm is a way to an encoder: scratch (none), or
#
#     own-rp, own-km         on AN4's own recordings; codes of random
#                            projections or of k-means over MFCC
#     own-rp-2, own-km-2     again, with clusters of the middle layer of that
#     pool-...               first on the whole pool, then on AN4's own
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

fine_tune() { # NAME LABELS SEED [SETTINGS...]
    local name=$1 table seed=$3 few=()
    table=$(labelled "$2")
    # Learned by heart long before.
    case $2 in 1 | 5) few=(--updates 3000) ;; esac
    shift 3
    "$attune" finetune --data "$table" --dev "$corpus/dev.tsv" \
        --out "$work/$name.safetensors" --config "$here/finetune.conf" \
        --config "$here/model.conf" --seed "$seed" --threads "$threads" \
        "${few[@]}" "$@"
}

rates() { # FILE: WER and CER
    "$attune" score "$corpus/test.tsv" "$1" |
        awk '/^%/ { rate[$1] = $2 } END { print rate["%WER"], rate["%CER"] }'
}

# Processor minutes of stages, those that were not run here left out.
spent() { # STAGE...
    local name
    for name in "$@"; do
        [ ! -e "$work/cpu/$name" ] || cat "$work/cpu/$name"
    done | awk '{ sum += $1 } END { printf "%.1f\n", sum / 60 }'
}

pretrainings() { # ARM SEED: the stages that made its encoder
    echo "encoder-$1-$2" "encoder-$1-$2-pool"
    case $1 in *-2) pretrainings "${1%-2}" "$2" ;; esac
}

measure() { # ARM LABELS SEED ENCODER-SEED
    local name=$1-$2-$3 words=$work/words-$2.arpa
    [ -e "$words" ] ||
        "$attune" ngram --data "$(labelled "$2")" --out "$words"
    transcribe "$name" "$name"
    transcribe_with_ngrams "$name" "$words"
    # shellcheck disable=SC2046
    echo "$2 $3 $(rates "$work/$name.txt") $(rates "$work/$name-ngrams.txt")" \
        "$(spent $(pretrainings "$1" "$4")) $(spent "$name")" \
        >"$work/$name.result"
}

recogniser() { # ARM LABELS SEED [ENCODER-SEED]
    local name=$1-$2-$3 first=${4:-$3} init=()
    [ "$1" = scratch ] ||
        init=(--init "$work/encoder-$1-$first.safetensors")
    stage "$name" fine_tune "$name" "$2" "$3" "${init[@]}"
    stage "measure-$name" measure "$1" "$2" "$3" "$first"
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
