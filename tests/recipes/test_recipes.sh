#!/usr/bin/env bash
# The recipes, on tones instead of speech: all stages run, a stopped recipe goes
# on, and a stage that fails says where to look.
. tests/shell.sh
. tests/tones.sh

# attune as it is, with a model and a number of updates for tests.
small=$work/attune
cat >"$small" <<END
#!/usr/bin/env bash
shape=(--rate 8000 --bins 24 --dim 16 --layers 1 --heads 2 --ffn 32)
batch=(--batch-seconds 4 --micro-seconds 2 --lanes 2)
case \$1 in
pretrain) set -- "\$@" "\${shape[@]}" "\${batch[@]}" --codes 8 --whiten 4 \
    --updates "\${updates:-10}" ;;
finetune) set -- "\$@" "\${shape[@]}" "\${batch[@]}" --updates 10 \
    --validate-every 5 ;;
esac
exec $release "\$@"
END
chmod +x "$small"
export attune=$small

tones "$work/voice" 24 3
tail -n +2 "$work/voice/table.tsv" | head -n 20 |
    while IFS=$'\t' read -r id _ _ text; do
        echo "$text" >"$work/voice/$id.txt"
    done

ends_well() { # WORK: what the recipe printed is in WORK.out
    cat "$1.out"
    tail -n 2 "$1.out" | head -n 1 | grep -Eq '^%WER .* scratch$' &&
        tail -n 1 "$1.out" | grep -Eq '^%WER .* pretrained$' &&
        same "$(grep -c '^%CER' "$1.out")" 2 &&
        grep -q '^said ' "$1.out" &&
        grep -Eq '^pretrained is there after ([0-9]+|none)$' "$1.out" &&
        grep -q '<svg' "$1/curves.svg" && leaves_cards "$1"
}

# Cards of all three models, with the error rates that the recipe printed.
leaves_cards() { # WORK
    local name rate
    for name in scratch pretrained; do
        for rate in CER WER; do
            grep -Fqx "$(sed -n "s/^\(%$rate .*\) $name\$/\1/p" "$1.out")" \
                "$1/$name.card.md" || { cat "$1/$name.card.md"; return 1; }
        done
    done
    grep -q '^It cannot transcribe yet' "$1/encoder.card.md"
}

my_audio() { # NAME
    env data="$work/voice" work="$work/$1" recipes/my_audio/run.sh \
        >"$work/$1.out" 2>"$work/$1.err" || { cat "$work/$1.err"; return 1; }
    ends_well "$work/$1"
}

lines() {
    echo $(($(wc -l <"$work/my/corpus/$1.tsv") - 1))
}

divides() {
    same "$(lines train) $(lines dev) $(lines test) $(lines untranscribed)" \
        '16 2 2 20' || return 1
    # Nothing that is tested was learned from.
    ! cut -f 1 "$work/my/corpus/"{dev,test}.tsv | tail -n +2 | grep -v '^id$' |
        grep -xF -f - <(cut -f 1 "$work/my/corpus/"{train,untranscribed}.tsv)
}

same_split_from_a_table() {
    corpora/folder/prepare.sh "$work/table" "$work/voice/table.tsv" || return 1
    awk -F '\t' 'NR > 1 { print $1 }' "$work/table/"{train,dev,test}.tsv |
        grep -v '^id$' | sort >"$work/ids"
    same "$(wc -l <"$work/ids")" 24 && same "$(uniq -d "$work/ids")" ''
}

# Without ids, and with a recording that is elsewhere.
runs_on_a_table() {
    local last
    mkdir "$work/far" && cut -f 2,4 "$work/voice/table.tsv" |
        sed '$d' >"$work/voice/own.tsv" && cp "$work/voice/u23.wav" "$work/far"
    tail -n 1 "$work/voice/table.tsv" | cut -f 2,4 |
        sed "s|^|$work/far/|" >>"$work/voice/own.tsv"
    env data="$work/voice/own.tsv" work="$work/own" recipes/my_audio/run.sh \
        >"$work/own.out" 2>"$work/own.err" || { cat "$work/own.err"; return 1; }
    cat "$work/own.out"
    grep -hq "^$work/far/u23.wav" "$work/own/corpus/"{train,dev,test}.tsv ||
        return 1
    # Side by side: what was heard of the last one that is shown.
    last=$(grep '^pretrained  ' "$work/own.out" | tail -n 1)
    same "$last" "$(printf '%-12s %s' pretrained \
        "$(cut -f 2 "$work/own/pretrained.txt" | tail -n 1)")" &&
        [ "$last" != 'pretrained   ' ]
}

skips_what_is_done() {
    cp "$work/my/pretrained.safetensors" "$work/before"
    my_audio my || return 1
    same "$(grep -c 'done before' "$work/my.err")" 8 &&
        cmp "$work/before" "$work/my/pretrained.safetensors"
}

starts_from_a_stage() {
    from=transcribe-scratch my_audio my || return 1
    same "$(grep -c 'done before' "$work/my.err")" 4
}

refuses_a_stage_that_is_none() {
    cp "$work/my.err" "$work/kept"
    ! from=transcribe my_audio my || return 1
    tail -n 1 "$work/my.err"
    grep -qx 'from=transcribe: no stage has that name' "$work/my.err" &&
        mv "$work/kept" "$work/my.err"
}

results_of() { # RECIPE: refused before anything is done
    refused "$1: RECIPE is one of an4 my_audio quickstart speechocean762\$" \
        env work="$work/results" recipes/results.sh "$1" 1
}

goes_on_when_stopped() {
    local pid code=0
    : >"$work/stopped.err"
    env updates=100000 data="$work/voice" work="$work/stopped" setsid \
        recipes/my_audio/run.sh >"$work/stopped.out" 2>"$work/stopped.err" &
    pid=$!
    until grep -q 'million parameters' "$work/stopped.err"; do
        kill -0 $pid || break
        sleep 0.1
    done
    kill -INT -- -$pid
    wait $pid || code=$?
    cat "$work/stopped.err"
    [ $code != 0 ] && grep -q 'the same command goes on' "$work/stopped.err" ||
        return 1
    ! [ -e "$work/stopped/done/pretrain" ]
}

says_where_to_look() {
    local code=0 own=$work/broken
    printf '#!/bin/sh\necho "no such luck" >&2\nexit 3\n' >"$own.sh"
    chmod +x "$own.sh"
    env data="$work/voice" work="$own" attune="$own.sh" \
        recipes/my_audio/run.sh \
        >"$own.out" 2>"$own.err" || code=$?
    cat "$own.err"
    same $code 3 && grep -q "see $own/log/pretrain" "$own.err" &&
        grep -q 'no such luck' "$own/log/pretrain"
}

# A recording as NIST SPHERE. (sox writes one that libsndfile refuses.)
sphere() {
    sox "$1" -r 16000 -t s16 -L "$work/samples" || return 1
    printf '%-1023s\n' "NIST_1A
   1024
channel_count -i 1
sample_count -i $(($(stat -c %s "$work/samples") / 2))
sample_rate -i 16000
sample_n_bytes -i 2
sample_byte_format -s2 01
sample_sig_bits -i 16
sample_coding -s3 pcm
end_head"
    cat "$work/samples"
}

# A copy of AN4 as CMU packs it, of tones.
an4_of_tones() {
    local n part speaker
    mkdir -p "$work/an4/etc" "$work/an4/wav"
    n=0
    while IFS=$'\t' read -r id path _ text; do
        [ "$id" = id ] && continue
        n=$((n + 1))
        part=train speaker=fash
        [ $((n % 4)) != 1 ] || speaker=fejs
        [ $((n % 4)) != 0 ] || part=test speaker=fcaw
        mkdir -p "$work/an4/wav/an4_clstk/$speaker"
        sphere "$work/voice/$path" \
            >"$work/an4/wav/an4_clstk/$speaker/$id.sph" || return 1
        echo "an4_clstk/$speaker/$id" >>"$work/an4/etc/an4_$part.fileids"
        echo "<s> $(sed "s/./& /g" <<<"$text")</s> ($id)" >>"$work/an4/etc/an4_$part.transcription"
    done <"$work/voice/table.tsv"
}

an4() { # FOLDER NAME
    env an4="$1" work="$work/$2" recipes/an4/run.sh >"$work/$2.out" \
        2>"$work/$2.err" || { cat "$work/$2.err"; return 1; }
    tail -n 2 "$work/$2.out" | grep -c '^%WER .* with n-grams$' |
        grep -qx 2 || return 1
    sed -n 's/^\(%WER .*\) pretrained, with .*/\1/p' "$work/$2.out" |
        grep -Fqxf - "$work/$2/pretrained.card.md" &&
        grep -qx '# an4: pretrained' "$work/$2/pretrained.card.md" &&
        grep -qx "language: 'en'" "$work/$2/encoder.card.md" || return 1
    head -n -2 "$work/$2.out" >"$work/$2.head" && mv "$work/$2.head" \
        "$work/$2.out"
    ends_well "$work/$2"
}

an4_as_packed() {
    an4_of_tones && an4 "$work/an4" an4_tones || return 1
    local corpus=$work/an4_tones/corpus
    same "$(cut -f 3 "$corpus/dev.tsv" | sort -u | tr '\n' ' ')" \
        'fejs speaker ' &&
        same "$(cut -f 3 "$corpus/test.tsv" | sort -u | tr '\n' ' ')" \
            'fcaw speaker '
}

real_an4() {
    corpora/an4/prepare.sh "$work/real" "$data/an4" || return 1
    same "$(awk 'END { print NR - 1 }' "$work/real/test.tsv")" 130 &&
        same "$(awk -F '\t' 'NR > 1 { n += split($4, w, " ") }
            END { print n }' "$work/real/test.tsv")" 773 || return 1
    # No speaker is in two parts.
    local part
    for part in train dev test; do
        tail -n +2 "$work/real/$part.tsv" | cut -f 3 | sort -u
    done | sort | uniq -d | { ! grep .; }
}

check "the recipe for own recordings runs to its two lines" my_audio my
check "recordings of dev and test are not learned from" divides
check "a table is divided without loss" same_split_from_a_table
check "a table is enough, without ids and of recordings anywhere" runs_on_a_table
check "stages that are done are not done again" skips_what_is_done
check "a recipe starts from a stage that is named" starts_from_a_stage
check "a recipe refuses to start from a stage that is none" \
    refuses_a_stage_that_is_none
check "no table is made of a recipe without error rates of its own" \
    results_of digits
check "nor of one that is none" results_of nothing
check "a recipe that is stopped says how it goes on" goes_on_when_stopped
check "a stage that fails names its log" says_where_to_look
check "the AN4 recipe runs on a copy as CMU packs it" an4_as_packed
check "a missing folder of AN4 is refused" refused 'neither manifest.tsv' \
    corpora/an4/prepare.sh "$work/no" "$work/voice"
check "the recipe for own recordings wants a folder" \
    refused 'usage' env -u data recipes/my_audio/run.sh
if [ -d "$data/an4" ]; then
    check "AN4 has its 130 test recordings, speakers apart" real_an4
else
    skip "AN4's tables" "no $data/an4"
fi
finish
