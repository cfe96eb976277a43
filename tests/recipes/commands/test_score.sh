#!/usr/bin/env bash
# attune score: its counts are sclite's.
. tests/shell.sh

# Random transcripts of few different words, so that alignments have ties;
# a hypothesis is a reference with words dropped, changed and put in.
make_trn() { # SEED FOLD
    awk -v seed="$1" -v ref="$work/ref.trn" -v hyp="$work/hyp.trn" '
        function word() { return substr("abcdefg", 1 + int(rand() * 7), 1) }
        BEGIN {
            srand(seed)
            for (u = 1; u <= 200; u++) {
                r = h = ""
                n = int(rand() * 15)
                for (i = 0; i < n; i++) {
                    w = word()
                    r = r w " "
                    x = rand()
                    if (x < 0.12) continue
                    if (x < 0.3) w = word()
                    h = h w " "
                    if (x > 0.88) h = h word() " "
                }
                if (n == 0 && rand() < 0.5) h = "b "
                id = "(spk" u % 5 "_" u ")"
                print r id >ref
                print h id >hyp
            }
        }'
}

# ref words, substitutions, deletions, insertions
sclite_counts() {
    sctk sclite -r "$work/ref.trn" trn -h "$work/hyp.trn" trn -i rm \
        -o rsum stdout 2>/dev/null |
        sed -n 's/^ *| *Sum *|//p' | tr -d '|' |
        awk '{ print $2, $4, $5, $6 }'
}

our_counts() {
    $attune score "$work/ref.trn" "$work/hyp.trn" | tail -n 1 |
        sed -E 's/.*\/ ([0-9]+), ([0-9]+) ins, ([0-9]+) del, ([0-9]+) sub.*/\1 \4 \3 \2/'
}

sclite_agrees() {
    local seed ours theirs
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        make_trn $seed
        ours=$(our_counts)
        theirs=$(sclite_counts)
        [ -n "$theirs" ] || { echo "sclite says nothing"; return 1; }
        same "$ours" "$theirs" || return 1
    done
}

# The real output has another shape on other machines: nothing but the last
# line is a promise.
last_line() {
    printf 'id\tspeaker\ttext\nu1\ta\tthe cat sat\nu2\tb\ton the mat\n' \
        >"$work/ref.tsv"
    printf 'u2\ton a the mat\nu1\tthe bat\n' >"$work/hyp.txt"
    same "$($attune score "$work/ref.tsv" "$work/hyp.txt" | tail -n 1)" \
        '%WER 50.00 [ 3 / 6, 1 ins, 1 del, 1 sub ]'
}

transcripts_are_compared_as_read_aloud() {
    printf 'id\ttext\nu\tPress ONE, please. It\u2019s café!\n' >"$work/r.tsv"
    printf 'u\tpress one please it'"'"'s CAFÉ\n' >"$work/h.txt"
    same "$($attune score "$work/r.tsv" "$work/h.txt" | tail -n 1)" \
        '%WER 0.00 [ 0 / 5, 0 ins, 0 del, 0 sub ]'
}

refuses() {
    printf 'id\ttext\nu\tone\nu\ttwo\n' >"$work/twice.tsv"
    printf 'id\ttext\nu\tone\n' >"$work/one.tsv"
    printf 'u\tone\n' >"$work/h1.txt"
    printf 'v\tone\n' >"$work/other.txt"
    printf 'u\t\xff\xfe\n' >"$work/latin.txt"
    : >"$work/empty"
    refused 'twice.tsv:3' $attune score "$work/twice.tsv" "$work/h1.txt" &&
        refused 'absent' $attune score "$work/absent" "$work/h1.txt" &&
        refused 'other.txt:1' $attune score "$work/one.tsv" "$work/other.txt" &&
        refused 'latin.txt:1.*UTF-8' $attune score "$work/one.tsv" \
            "$work/latin.txt" &&
        refused 'empty' $attune score "$work/empty" "$work/h1.txt" &&
        refused 'u' $attune score "$work/one.tsv" "$work/empty"
}

if command -v sctk >/dev/null; then
    check "counts are sclite's on random transcripts" sclite_agrees
elif apt-cache show sctk >/dev/null 2>&1; then
    check "sctk is installed where Debian has it" false
else
    skip "counts are sclite's" "this release of Debian has no sctk"
fi
check "the last line is the word error rate" last_line
check "case and punctuation are no errors" transcripts_are_compared_as_read_aloud
check "files that do not fit are refused with path and line" refuses
finish
