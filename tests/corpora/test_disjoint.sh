#!/usr/bin/env bash
# What is tested is recognised in what is learned from, by whatever gives it
# away.
. tests/shell.sh

# A table and its recordings, which are no sound: `ID SPEAKER BYTES` a line.
made_up() { # NAME
    local id speaker bytes
    mkdir -p "$work/$1"
    printf 'id\tpath\tspeaker\n' >"$work/$1/table.tsv"
    while read -r id speaker bytes; do
        echo "$bytes" >"$work/$1/$id.wav"
        printf '%s\t%s.wav\t%s\n' "$id" "$id" "$speaker"
    done >>"$work/$1/table.tsv"
}

made_up test <<'END_OF_TABLE'
a ann one
b bob two
c - three
END_OF_TABLE

apart() {
    made_up other <<'END_OF_TABLE'
d dan four
e eve five
f - six
END_OF_TABLE
    same "$(corpora/disjoint.sh "$work/test/table.tsv" \
        "$work/other/table.tsv")" "$work/other/table.tsv: 3 recordings, \
2 known speakers: none of $work/test/table.tsv"
}

same_by() { # PATTERN; a table on stdin
    made_up given
    refused "given/table.tsv:3: the same $1,.* as .*/test/table.tsv:3\$" \
        corpora/disjoint.sh "$work/test/table.tsv" "$work/other/table.tsv" \
        "$work/given/table.tsv"
}

by_id() {
    same_by 'id, b' <<<$'d dan four\nb eve five'
}

by_speaker() {
    same_by 'speaker, bob' <<<$'d dan four\ne bob five'
}

by_bytes() {
    same_by 'bytes, .*/given/e.wav' <<<$'d dan four\ne eve two'
}

# A link, to a link, under other names.
by_file() {
    ln -sfn "$work/test" "$work/linked"
    ln -sfn "$work/linked/b.wav" "$work/other/link.wav"
    {
        printf '\xef\xbb\xbfpath\r\n'
        printf '%s\r\n' d.wav link.wav
    } >"$work/other/bare.tsv"
    refused 'bare.tsv:3: the same file, .*/test/b.wav, as .*table.tsv:3$' \
        corpora/disjoint.sh "$work/test/table.tsv" "$work/other/bare.tsv"
}

without_names() {
    printf 'path\nd.wav\n%s\n' "$work/other/e.wav" >"$work/other/bare.tsv"
    corpora/disjoint.sh "$work/test/table.tsv" "$work/other/bare.tsv" |
        grep 'bare.tsv: 2 recordings, 0 known speakers'
}

nothing() {
    printf 'id\tpath\n' >"$work/empty.tsv"
    refused 'empty.tsv: no table of recordings' \
        corpora/disjoint.sh "$work/empty.tsv" "$work/other/table.tsv" &&
        refused 'empty.tsv: no table of recordings' \
            corpora/disjoint.sh "$work/other/table.tsv" "$work/empty.tsv"
}

missing() {
    printf 'id\tpath\nx\tgone.wav\n' >"$work/gone.tsv"
    refused 'gone.tsv: has recordings that are not there' \
        corpora/disjoint.sh "$work/test/table.tsv" "$work/gone.tsv" &&
        grep -q 'gone.wav: No such file' "$work/.stderr"
}

check "tables that share nothing pass" apart
check "the same file is found behind links" by_file
check "the same bytes are found in another file" by_bytes
check "the same id is found" by_id
check "the same speaker is found" by_speaker
check "a table of paths alone is compared by its files" without_names
check "nothing is not compared" nothing
check "a recording that is not there is refused" missing
check "a table that is not there is refused" refused 'none.tsv' \
    corpora/disjoint.sh "$work/none.tsv" "$work/other/table.tsv"
check "one table is misuse" refused 'usage' corpora/disjoint.sh \
    "$work/test/table.tsv"
finish
