# A program that learns nothing, and corpora of no sound, for tests of recipes:
# source it behind tests/shell.sh.
#
#     $attune                notes how it was called in $calls
#     copy FOLDER            a corpus of the lines ID SPEAKER TEXT on stdin
#     made PATTERN COUNT     whether it was called so, so often
# shellcheck shell=bash disable=SC2154

cat >"$work/attune" <<'END'
#!/usr/bin/env bash
echo "$@" >>"$calls"
verb=$1
while [ $# -gt 1 ]; do
    [ "$1" != --out ] || out=$2
    [ "$1" != --table ] || table=$2
    shift
done
case $verb in
features) awk -F '\t' 'NR > 1 {
    printf "\"%s\":{\"dtype\":\"F32\",\"shape\":[598,4]\n", $1 }' "$table" >"$out" ;;
score)
    echo '20 utterances, 3 with errors'
    case $1 in
    *ngrams*) printf '%%CER 3.00 [\n%%WER 8.00 [\n' ;;
    *) printf '%%CER 5.50 [\n%%WER 12.50 [\n' ;;
    esac ;;
transcribe) awk -F '\t' 'NR > 1 { print $1 "\theard" }' "$table" ;;
show)
    [ "$1" != update,dev_wer ] ||
        printf 'update\tdev_wer\n100\t30\n200\t20.5\n300\t21\n' ;;
*) [ -z "${out:-}" ] || echo "$verb" >"$out" ;;
esac
END
chmod +x "$work/attune"
export calls=$work/calls attune=$work/attune

# Files that differ.
copy() { # FOLDER
    local folder=$1 id
    mkdir -p "$folder/audio"
    printf 'id\tpath\tspeaker\ttext\n' >"$folder/manifest.tsv"
    while read -r id speaker text; do
        mkdir -p "$folder/audio/$(dirname "$id")"
        echo "$folder $id" >"$folder/audio/$id"
        printf '%s\taudio/%s\t%s\t%s\n' "$id" "$id" "$speaker" "$text"
    done >>"$folder/manifest.tsv"
}

made() { # PATTERN COUNT: calls of the program
    same "$1 $(grep -Ec -- "$1" "$calls")" "$1 $2"
}
