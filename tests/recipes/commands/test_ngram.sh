#!/usr/bin/env bash
# attune ngram: models of text, and how well they foresee another.
. tests/shell.sh

golden=$PWD/tests/model/text/golden
cd "$work" || exit 1
cp "$golden/ngram_text.txt" text.txt
cp "$golden/ngram_other.txt" other.txt

value() { # NAME, of what is on stdin
    sed -n "s/^$1\t//p"
}

perplexity() { # MODEL
    $attune ngram --model "$1" --perplexity other.txt | value perplexity
}

perplexity_is_kenlms() {
    $attune ngram --out m.arpa text.txt && same "$(perplexity m.arpa)" 12.9908
}

packed_is_the_same() {
    gzip -k text.txt
    $attune ngram --out m.arpa.gz text.txt.gz && gzip -t m.arpa.gz &&
        gunzip -c m.arpa.gz | cmp - m.arpa &&
        same "$(perplexity m.arpa.gz)" 12.9908
}

stdin_is_a_text() {
    gunzip -c text.txt.gz | $attune ngram --out p.arpa - && cmp p.arpa m.arpa &&
        $attune ngram --out p.arpa - <text.txt.gz && cmp p.arpa m.arpa &&
        refused 'stdin: holds no words' $attune ngram --out p.arpa - </dev/null &&
        refused 'stdin: cannot be read' $attune ngram --out p.arpa - <. &&
        refused 'stdin: cannot be opened' $attune ngram --out p.arpa - <&- &&
        cmp p.arpa m.arpa
}

a_table_is_text_too() {
    { printf 'path\ttext\n'
        awk '{ print "u" NR ".wav\t" $0 }' text.txt; } >table.tsv
    $attune ngram --out t.arpa --data table.tsv && cmp t.arpa m.arpa || return 1
    printf 'path\nu.wav\n' >bare.tsv
    refused 'bare.tsv: .*text' $attune ngram --out no.arpa --data bare.tsv &&
        [ ! -e no.arpa ]
}

case_and_punctuation_are_none() {
    tr a-z A-Z <text.txt | sed 's/é/É/g; s/$/./' >loud.txt
    $attune ngram --out l.arpa loud.txt && cmp l.arpa m.arpa
}

characters_are_counted() {
    $attune ngram --unit character --order 5 --out c.arpa text.txt &&
        grep -qP '\t<space>\t' c.arpa && grep -qP '\té\t' c.arpa &&
        same "$($attune ngram --model c.arpa --perplexity other.txt |
            value 'unknown words')" 0
}

pruning_leaves_out() {
    $attune ngram --order 4 --prune 0,0,1 --out p.arpa text.txt &&
        same "$(grep ^ngram p.arpa)" "$(grep ^ngram "$golden/ngram_pruned.arpa")"
}

small_texts_are_noted() {
    echo 'a b' >small.txt
    $attune ngram --out s.arpa small.txt 2>notes && grep -q 'too small' notes
}

misuse() {
    local list
    $attune ngram --help | grep -q -- --prune &&
        refused 'TEXT' $attune ngram --out x.arpa &&
        refused 'wanted' $attune ngram text.txt &&
        refused 'wanted' $attune ngram --perplexity text.txt &&
        refused 'order' $attune ngram --order 11 --out x.arpa text.txt || return
    for list in 1 0,2,1 0,x 0,0,0,1 0,,1 '0,' -1; do
        refused 'prune' $attune ngram --prune "$list" --out x.arpa text.txt ||
            return
    done
    [ ! -e x.arpa ]
}

bad_texts() {
    printf 'a\nb <s>\n' >special.txt
    printf 'a\n\xff\n' >latin.txt
    : >empty.txt
    refused 'special.txt:2' $attune ngram --no-drop-punctuation --out x.arpa \
        special.txt &&
        refused 'latin.txt:2' $attune ngram --out x.arpa latin.txt &&
        refused 'empty.txt' $attune ngram --out x.arpa text.txt empty.txt &&
        refused 'absent' $attune ngram --out x.arpa absent &&
        refused 'latin.txt' $attune ngram --model latin.txt --perplexity \
            text.txt &&
        [ -z "$(compgen -G 'x.arpa*')" ]
}

nowhere_to_write() {
    refused 'no/x.arpa' $attune ngram --out no/x.arpa text.txt &&
        (ulimit -f 8 && refused 'x.arpa: cannot be written' \
            $attune ngram --order 5 --out x.arpa text.txt) &&
        [ -z "$(compgen -G 'x.arpa*')" ]
}

# By its own name, by another, and as --data or --vocabulary.
texts_are_not_replaced() {
    cp text.txt mine.txt && ln mine.txt also.txt && cp table.tsv mine.tsv ||
        return 1
    refused 'mine.txt: would replace' $attune ngram --out mine.txt mine.txt &&
        refused 'would replace also' $attune ngram --out mine.txt also.txt &&
        refused 'mine.tsv' $attune ngram --out mine.tsv --data mine.tsv &&
        refused 'mine.txt' $attune ngram --out mine.txt text.txt \
            --vocabulary mine.txt &&
        cmp mine.txt text.txt && cmp mine.tsv table.tsv
}

# In the middle of a text: a pipe takes 64 KiB at most, so that some was read.
stopped_leaves_nothing() {
    local pid i
    rm -f s.arpa
    mkfifo long
    $attune ngram --out s.arpa - <long &
    pid=$!
    exec 9>long
    for ((i = 0; i < 100; i++)); do
        cat text.txt
    done >&9
    kill $pid
    exec 9>&-
    ! wait $pid && ! compgen -G 's.arpa*'
}

check "a model's perplexity is KenLM's" perplexity_is_kenlms
check "packed text and packed models are the same" packed_is_the_same
check "a text may come in on stdin" stdin_is_a_text
check "transcripts of a table are text" a_table_is_text_too
check "case and punctuation make no difference" case_and_punctuation_are_none
check "characters are counted, and the space" characters_are_counted
check "rare n-grams are left out" pruning_leaves_out
check "a text too small for discounts is noted" small_texts_are_noted
check "misuse is refused" misuse
check "bad texts are refused, and no model stays" bad_texts
check "what is read is not replaced" texts_are_not_replaced
check "a run that is stopped leaves no file" stopped_leaves_nothing
check "a model is written whole or not at all" nowhere_to_write
finish
