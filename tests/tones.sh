# A corpus for tests of training: "speech" of a language with four sounds.
# shellcheck shell=bash
#
#     tones FOLDER COUNT [SEED]
#
# writes COUNT recordings (8 kHz, 0.6 to 2 s) and FOLDER/table.tsv with what
# they say: each letter of a to d is a tone of its own, between pauses.
tones() {
    local folder=$1 count=$2 seed=${3:-1} letters=abcd i n letter spoken text
    mkdir -p "$folder"
    RANDOM=$seed
    printf 'id\tpath\tspeaker\ttext\n' >"$folder/table.tsv"
    for ((i = 0; i < count; i++)); do
        text=
        spoken=()
        for ((n = 2 + RANDOM % 5; n > 0; n--)); do
            letter=$((RANDOM % 4))
            text+=${letters:letter:1}
            spoken+=("|sox -n -r 8000 -b 16 -c 1 -p synth 0.2 sine \
                $((400 + 600 * letter + RANDOM % 60)) fade 0.02 0.2 0.02 \
                vol 0.3 pad 0 0.1")
        done
        sox -R "${spoken[@]}" "$folder/u$i.wav" 2>/dev/null
        printf 'u%d\tu%d.wav\tspk%d\t%s\n' "$i" "$i" $((i % 2)) "$text" \
            >>"$folder/table.tsv"
    done
}
