#!/usr/bin/env bash
# Telephone prompts in five languages, from Debian's packages, as tables.
#
#     corpora/prompts/prepare.sh OUT
#
# Writes into the folder OUT, and nowhere else: the recordings under
# OUT/sounds, and the tables OUT/{untranscribed,train,dev,test}.tsv. Packages
# already in OUT/packages are not downloaded again.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: $0 OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/packages"
cd "$1"

languages="en es fr it ru"
packages="asterisk-core-sounds-en"
for language in $languages; do
    packages="$packages asterisk-core-sounds-$language-wav"
done

for package in $packages; do
    compgen -G "packages/${package}_*.deb" >/dev/null && continue
    echo "downloading $package"
    # As a file without a name for it until it is whole.
    mkdir -p packages/partial
    if ! (cd packages/partial && apt-get -o APT::Sandbox::User=root \
        download -qq "$package" 2>&1); then
        echo "$0: $package: apt-get cannot download it (is this Debian, with" \
            "a network, and were the lists fetched with apt-get update?)" >&2
        exit 1
    fi
    mv "packages/partial/${package}_"*.deb packages/
done
rm -rf packages/partial sounds unpacked
for package in $packages; do
    dpkg-deb -x "packages/${package}_"*.deb unpacked
done
gunzip -c unpacked/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz \
    >core-sounds-en.txt
mv unpacked/usr/share/asterisk/sounds sounds
rm -rf unpacked

english=en_US_f_Allison

# Transcripts: `id: text`, with what is written but not said put right: a
# digit alone is a word, and spoken.tsv has the rest.
awk -F '\t' '
    BEGIN {
        split("zero one two three four five six seven eight nine", names, " ")
    }
    FILENAME ~ /left_out/ { left_out[$1] = 1; next }
    FILENAME ~ /spoken/ { spoken[$1] = $2; next }
    /^;/ || !/:/ { next }
    {
        id = text = $0
        sub(/:.*/, "", id)
        sub(/[^:]*: */, "", text)
        if (id in left_out)
            next
        if (id in spoken)
            text = spoken[id]
        text = " " text " "
        while (match(text, /[^0-9][0-9][^0-9]/))
            text = substr(text, 1, RSTART) \
                names[substr(text, RSTART + 1, 1) + 1] \
                substr(text, RSTART + 2)
        gsub(/[ \t]+/, " ", text)
        gsub(/^ | $/, "", text)
        print id "\t" text
    }' "$here/left_out.tsv" "$here/spoken.tsv" core-sounds-en.txt \
    >transcripts.tsv

for part in train dev test; do
    awk -F '\t' -v english="$english" '
        FNR == NR { text[$1] = $2; next }
        FNR == 1 { print "id\tpath\tspeaker\ttext" }
        !($1 in text) {
            print "no transcript: " $1 >"/dev/stderr"
            exit 1
        }
        { print $1 "\tsounds/" english "/" $1 ".wav\tallison\t" text[$1] }
        ' transcripts.tsv "$here/$part.list" >"$part.tsv"
done

# All five languages without transcripts; no silence, no file without samples
# (there is one), none of dev and test.
{
    printf 'id\tpath\tspeaker\n'
    find sounds -name '*.wav' -size +44c | LC_ALL=C sort |
        awk -v english="$english" '
            FNR == NR { held_out["sounds/" english "/" $1 ".wav"] = 1; next }
            /\/silence\// || ($0 in held_out) { next }
            {
                id = $0
                sub(/^sounds\//, "", id)
                sub(/\.wav$/, "", id)
                speaker = id
                sub(/\/.*/, "", speaker)
                print id "\t" $0 "\t" speaker
            }' <(cat "$here/dev.list" "$here/test.list") -
} >untranscribed.tsv
