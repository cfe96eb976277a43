#!/usr/bin/env bash
# AN4's tables: parts with other speakers, and parts of the labels.
. tests/shell.sh

# A copy with the recordings of labels-20min.list, one of a development speaker
# and one to test, of no sound.
made_up() {
    mkdir -p "$work/copy"
    {
        printf 'id\tpath\tspeaker\ttext\n'
        sed -E 's/.*-(.*)-.*/train\/\1\/&\taudio\/train\/\1\/&.flac\t\1\tYES/' \
            corpora/an4/labels-20min.list
        printf '%s/%s/x-%s-b\taudio/%s/%s/x-%s-b.flac\t%s\tNO\n' \
            train fejs fejs train fejs fejs fejs \
            test fcaw fcaw test fcaw fcaw fcaw
    } >"$work/copy/manifest.tsv"
    corpora/an4/prepare.sh "$work/made_up" "$work/copy" >"$work/said" || return 1
    cat "$work/said"
    same "$(tr '\n' ' ' <"$work/said")" "train: 462 recordings \
train-1min: 25 recordings train-5min: 118 recordings train-10min: 231 \
recordings train-20min: 462 recordings dev: 1 recordings test: 1 recordings "
}

in_each_other() {
    local few more=1
    for few in 5 10 20; do
        same "$(tail -n +2 "$work/made_up/train-${more}min.tsv" |
            grep -cvxFf "$work/made_up/train-${few}min.tsv")" 0 || return 1
        more=$few
    done
    grep -cxFf "$work/made_up/train.tsv" "$work/made_up/train-20min.tsv" |
        grep -qx 463
}

missing() {
    sed -i '/fash/d' "$work/copy/manifest.tsv"
    corpora/an4/prepare.sh "$work/partial" "$work/copy" 2>&1 |
        grep 'train-1min: 1 of its recordings are not in'
}

# Each part has every letter, is as long as its name says, and no speaker has
# many more recordings than another.
real_lists() {
    corpora/an4/prepare.sh "$work/real" "$data/an4" || return 1
    cp -r corpora "$work/corpora"
    rm "$work/corpora/an4/labels-"*.list
    attune=$release "$work/corpora/an4/choose_labels.sh" "$work/real/train.tsv" ||
        return 1
    local minutes
    for minutes in 1 5 10 20; do
        cmp {"$work/",}"corpora/an4/labels-${minutes}min.list" || return 1
    done
}

real_parts() {
    local minutes few
    attune=$release corpora/seconds.sh "$work/real/train.tsv" \
        >"$work/seconds" || return 1
    for minutes in 1 5 10 20; do
        few=$work/real/train-${minutes}min.tsv
        awk -F '\t' -v minutes=$minutes '
            FNR == NR { seconds[$1] = $2; next }
            FNR > 1 {
                sum += seconds[$1]
                if (seconds[$1] > longest)
                    longest = seconds[$1]
                if (++of[$3] > most)
                    most = of[$3]
                for (i = 1; i <= length($4); i++)
                    if (substr($4, i, 1) ~ /[A-Z]/ && !had[substr($4, i, 1)]++)
                        letters++
            }
            END {
                least = most
                for (speaker in of)
                    if (of[speaker] < least)
                        least = of[speaker]
                away = sum - 60 * minutes
                print minutes, sum, letters, least, most
                exit !(letters == 26 && most - least <= 1 && \
                    away * away < longest * longest / 4)
            }' "$work/seconds" "$few" || return 1
    done
}

real_disjoint() {
    corpora/disjoint.sh "$work/real/test.tsv" \
        "$work/real/"{untranscribed,train,train-{1,5,10,20}min,dev}.tsv &&
        corpora/disjoint.sh "$work/real/dev.tsv" \
            "$work/real/"{untranscribed,train}.tsv
}

check "parts of the labels are made of the lists" made_up
check "each part of the labels is within the next" in_each_other
check "recordings of a list that are not there are counted" missing
if [ -d "$data/an4" ]; then
    check "the lists are what choose_labels.sh makes" real_lists
    check "parts are as long as they say, with all letters, speakers balanced" \
        real_parts
    check "nothing of AN4's test or dev is learned from" real_disjoint
else
    skip "AN4's parts" "no $data/an4"
fi
finish
