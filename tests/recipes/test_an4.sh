#!/usr/bin/env bash
# AN4's experiments, with a program that learns nothing: which encoders and
# recognisers are trained on what, and the tables of their results.
. tests/shell.sh
. tests/untaught.sh

{
    sed -E 's|.*-(.*)-.*|train/\1/& \1 YES|' corpora/an4/labels-20min.list
    echo "train/fejs/x-fejs-b fejs NO"
    echo "test/fcaw/y-fcaw-b fcaw OH"
} | copy "$work/data/an4"
printf '%s\n' "train/0001/1 0001 WELL" "test/0003/2 0003 NO" |
    copy "$work/data/speechocean762"
echo "a kathleen WELL" | copy "$work/data/kathleen"
echo "read/b - -" | copy "$work/data/untranscribed"

curve() {
    : >"$calls"
    env an4="$work/data/an4" work="$work/x" seeds="1 2" recipes/an4/curve.sh \
        >"$work/out" || return 1
    made '^pretrain ' 6 && made '^finetune ' 30 &&
        made '^finetune .*/train-5min.tsv ' 6 &&
        made '^finetune .*/heard-own-km-5-2.tsv .*--init .*encoder-own-km-2' 1 &&
        made '^finetune .*--init .*/encoder-own-km-2.safetensors' 7 &&
        made '^finetune .*-10min.tsv .*--updates 24000 --init .*-own-km-2.saf' 1 &&
        made '^finetune .*/train-10min.tsv .*--updates 24000$' 2 &&
        made '^transcribe .*--table .*/test.tsv' 60 || return 1
    grep -Fx '| 5 | scratch | 2 | 12.5 ± 0.0 | 5.5 ± 0.0 | 8.0 ± 0.0 | 3.0 ± 0.0 | 0 | 0 |' \
        "$work/out" && same "$(grep -c '^| ' "$work/out")" 16 &&
        same "$(wc -l <"$work/x/curve.tsv")" 31 &&
        grep -q '<svg' "$work/x/curve.svg"
}

guided() {
    made '^pretrain .*--init .*/encoder-own-km-2.safetensors --target-model .*/own-km-5-2.safetensors' 1 &&
        made '^finetune .*train-5min.tsv .*--init .*/encoder-own-km-guided-5-2.saf' 1 &&
        grep -q '^5 2 ' "$work/x/own-km-guided-5-2.result"
}

# Processor minutes are those of what a result rests on, and of nothing else.
minutes() {
    local x=$work/x name
    for name in encoder-own-km encoder-own-km-guided-10 own-km-10 \
        own-km-long-10 own-km-guided-10; do
        echo 600 >"$x/cpu/$name-1"
    done
    rm "$x/done/measure-own-km-"{long,guided}-10-1
    env an4="$work/data/an4" work="$x" seeds=1 recipes/an4/curve.sh \
        >"$work/out" || return 1
    grep ' 10.0 10.0$' "$x/own-km-long-10-1.result" &&
        grep ' 20.0 20.0$' "$x/own-km-guided-10-1.result"
}

from_a_stage() {
    : >"$calls"
    env an4="$work/data/an4" work="$work/x" seeds=1 from=own-km-guided-10-1 \
        recipes/an4/curve.sh >"$work/out" || return 1
    made '^pretrain ' 0 && made '^finetune .*/own-km-guided-10-1.saf' 1 &&
        made '^finetune .*/own-km-10-1.saf' 0
}

# What is transcribed stays so, all else is what was heard.
self_training() {
    local corpus=$work/x/corpus
    same "$(grep -Fxf "$corpus/train-5min.tsv" "$corpus/heard-own-km-5-1.tsv")" \
        "$(<"$corpus/train-5min.tsv")" &&
        same "$(cut -f 1-3 "$corpus/heard-own-km-5-1.tsv" | sort)" \
            "$(cut -f 1-3 "$corpus/train.tsv" | sort)" &&
        same "$(grep -c "heard$" "$corpus/heard-own-km-5-1.tsv")" \
            "$(($(wc -l <"$corpus/train.tsv") - $(wc -l <"$corpus/train-5min.tsv")))"
}

# Encoder and recogniser were made for the curve.
best() {
    : >"$calls"
    env an4="$work/data/an4" work="$work/x" recipes/an4/best.sh \
        >"$work/out" || return 1
    cat "$work/out"
    made '^pretrain ' 0 && made '^finetune ' 1 &&
        made '^finetune .*/both.tsv .*--init .*/encoder-own-km-1.saf' 1 &&
        made '^transcribe --model .*/best-1.safetensors' 2 &&
        made '^transcribe .*--config .*/own-km-all-1.conf --lm .*-both.arpa' 1 &&
        same "$(sort -u "$work"/x/corpus/{train,dev}.tsv)" \
            "$(sort "$work/x/corpus/both.tsv")" &&
        same "$(<"$work/out")" "12.50 / 5.50 WER / CER, best-1
8.00 / 3.00 WER / CER, best-1-ngrams"
}

# The recogniser from scratch was made for the curve.
sooner() {
    : >"$calls"
    env an4="$work/data/an4" work="$work/x" seeds=1 labels="5 all" \
        recipes/an4/sooner.sh >"$work/out" || return 1
    made '^pretrain ' 0 && made '^finetune ' 2 &&
        made '^finetune .*--updates 1000 --validate-every 100 --init .*/encoder-own-km-1.safe' 1 &&
        made '^finetune .*--updates 3000 --speed 0 .*--init .*/encoder-own-km-1.safe' 1 &&
        same "$(tail -n +3 "$work/out")" \
            "| 5 | 1 | 20.5 | 200 | 0.0 | 200 | 0.0 | 1.0 |
| all | 1 | 20.5 | 200 | 0.0 | 200 | 0.0 | 1.0 |"
}

encoders() {
    : >"$calls"
    env data="$work/data" work="$work/x" seeds=1 \
        arms="own-rp own-km own-km-2 pool-rp pool-km pool-km-2" \
        recipes/an4/encoders.sh >"$work/out" || return 1
    # own-km was made for the curve.
    made '^pretrain ' 8 && made '^finetune ' 10 &&
        made '^pretrain .*/pool/untranscribed.tsv .*--targets k-means' 1 &&
        made '^pretrain .*/pool/untranscribed.tsv .*--targets random' 1 &&
        made '^pretrain .*target-model .*/encoder-pool-km-1.safetensors' 2 &&
        made '^pretrain .*/corpus/untranscribed.tsv .*--init .*-pool.saf' 3 &&
        same "$(grep -c '^| all ' "$work/out")" 7
}

intervals() {
    printf 'names\na\t5\t1\t10\t1\t1\t1\t2\t8\na\t5\t2\t12\t1\t1\t1\t2\t8\na\t5\t3\t14\t1\t1\t1\t5\t8\n' |
        awk -f recipes/an4/summary.awk >"$work/out"
    # 4.303 * 2 / sqrt(3)
    grep -F '| 5 | a | 3 | 12.0 ± 5.0 | 1.0 ± 0.0 |' "$work/out" &&
        grep -F '| 3 | 8 |' "$work/out"
}

heard() {
    sed -i 's/^test\(.*\)fcaw\tOH/test\1fash\tOH/' "$work/data/an4/manifest.tsv"
    refused 'corpus failed' env an4="$work/data/an4" work="$work/y" \
        recipes/an4/curve.sh && grep -q 'speaker, fash' "$work/y/log/corpus"
}

check "the curve has both ways, all labels and seeds" curve
check "an encoder learns what a recogniser tells apart" guided
check "minutes are of what a result rests on" minutes
check "experiments are begun from a stage that is named" from_a_stage
check "self-training learns what was heard where nothing is transcribed" \
    self_training
check "the best one learns from the development set, too" best
check "the same from scratch, and sooner" sooner
check "encoders are made of each other" encoders
check "intervals are Student's" intervals
check "a speaker of the test who is learned from stops all" heard
finish
