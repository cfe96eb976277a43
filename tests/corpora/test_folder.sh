#!/usr/bin/env bash
# Recordings of one's own: folders and tables as people have them, divided.
. tests/shell.sh

prepare=$PWD/corpora/folder/prepare.sh
cd "$work" || exit 1
mkdir voice
for n in 1 2 3 4; do
    echo "sound $n" >voice/$n.wav
done

rows() { # OUT: the recordings of train, dev, test and all but dev and test
    awk 'FNR > 1 { n[FILENAME]++ } END { for (i = 1; i < ARGC; i++)
        printf "%d ", n[ARGV[i]] }' "$1"/{train,dev,test,untranscribed}.tsv
}

bare_folder() {
    refused '0 recordings have a transcript' "$prepare" out voice &&
        [ ! -e out/train.tsv ] || return 1
    printf '\xef\xbb\xbfone\r\n' >voice/1.txt
    echo two >voice/2.txt
    refused '2 recordings have a transcript' "$prepare" out voice || return 1
    echo three >voice/3.txt
    "$prepare" out voice && same "$(rows out)" '1 1 1 2 ' &&
        same "$(grep -h '^1' out/{train,dev,test}.tsv)" $'1\taudio/1.wav\tone' &&
        same "$(ls out)" $'audio\ndev.tsv\ntest.tsv\ntrain.tsv\nuntranscribed.tsv'
}

bare_tables() {
    printf 'id\tpath\na\t1.wav\n' >voice/bare.tsv
    printf 'id\tpath\ttext\n' >voice/header.tsv
    printf 'id\tfile\na\t1.wav\n' >voice/pathless.tsv
    refused 'bare.tsv: 0 recordings' "$prepare" none voice/bare.tsv &&
        refused 'header.tsv: 0 recordings' "$prepare" none voice/header.tsv &&
        refused 'pathless.tsv:1: no column .path' "$prepare" none \
            voice/pathless.tsv && [ ! -e none/train.tsv ]
}

# As spreadsheets write them: with a byte order mark, CRLF and an empty line.
of_windows() {
    printf '\xef\xbb\xbfpath\ttext\r\n' >voice/windows.tsv
    printf '%s\r\n' $'1.wav\tone' $'2.wav\ttwo' '' $'/far/3.wav\tthree' \
        $'4.wav\t' >>voice/windows.tsv
    "$prepare" win voice/windows.tsv && same "$(rows win)" '1 1 1 2 ' &&
        same "$(cat win/{train,dev,test}.tsv | grep -v ^path | sort)" \
            "$(printf '%s\n' $'/far/3.wav\tthree' $'audio/1.wav\tone' \
                $'audio/2.wav\ttwo')"
}

own_parts() {
    printf 'path\tpart\ttext\n' >voice/parts.tsv
    printf '%s\n' $'1.wav\ttrain\ta' $'2.wav\tdev\tb' $'3.wav\ttest\tc' \
        $'4.wav\tuntranscribed\t' >>voice/parts.tsv
    "$prepare" parts voice/parts.tsv && same "$(rows parts)" '1 1 1 2 ' ||
        return 1
    sed 's/dev/Dev/' voice/parts.tsv >voice/capital.tsv
    refused 'capital.tsv:3: part "Dev" is none of' \
        "$prepare" capital voice/capital.tsv && [ ! -e capital/Dev.tsv ]
}

check "a folder with too few transcripts is refused, until they are there" \
    bare_folder
check "a table without transcripts or paths is refused" bare_tables
check "tables of Windows, and absolute paths, are as attune reads them" \
    of_windows
check "a table's own parts are kept, and others refused" own_parts
finish
