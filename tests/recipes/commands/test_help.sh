#!/usr/bin/env bash
# The program's own papers: --help, the manual, completion in bash.
. tests/shell.sh

verbs=$(cd recipes/commands && ls cmd_*.c | sed 's/cmd_\(.*\)\.c/\1/')
mkdir "$work/man"
"$attune" help --man >"$work/man/attune.1"
for verb in $verbs; do
    "$attune" help --man "$verb" >"$work/man/attune-$verb.1"
done

# ---- Help ----

lists_verbs() {
    local verb
    same "$("$attune" help)" "$("$attune" --help)" || return 1
    for verb in $verbs; do
        "$attune" help | grep -q "^  $verb  *[a-z]" || { echo "$verb"; return 1; }
        same "$("$attune" help "$verb")" "$("$attune" "$verb" --help)" ||
            return 1
    done
}
check "help lists the verbs, and says of each what its --help does" lists_verbs
says_it_whole() {
    "$attune" --help | grep -q '^ *attune --version$' &&
        ! "$attune" --help | grep -E '(,|:| and| words)$'
}
# What would change nothing is no option.
has_no_idle_options() {
    local option
    for option in cmvn threads; do
        refused "unknown option --$option" "$attune" features --$option 1 \
            --out "$work/f.st" x.wav || return 1
    done
}
check "the list of verbs says a whole sentence of each" says_it_whole
check "features has no options that change nothing" has_no_idle_options
check "help refuses a verb that is none" \
    refused 'attune help: unknown verb "sing"' "$attune" help sing

# ---- The manual ----

has_sections() {
    local page section
    for page in "$work"/man/*.1; do
        for section in NAME SYNOPSIS DESCRIPTION OPTIONS FILES 'EXIT STATUS' \
            EXAMPLES 'SEE ALSO'; do
            grep -qx ".SH $section" "$page" ||
                { echo "$page: no $section"; return 1; }
        done
        sed -n '/^\.SH NAME$/{n;p;}' "$page" |
            grep -Eq '^attune(\\-[a-z]+)? \\- [a-z]' ||
            { echo "$page: apropos does not find it"; return 1; }
    done
}
# Options of --help, each with the default that it gives in brackets.
has_options() {
    local verb option value page
    for verb in $verbs; do
        page=$(sed 's/\\-/-/g; s/\\f[BRI]//g' "$work/man/attune-$verb.1")
        "$attune" "$verb" --help >"$work/help"
        [ "$(grep -c '^  --' "$work/help")" -ge 2 ] || return 1
        while read -r option value; do
            grep -A 9 -E -- "^$option( |\$)" <<<"$page" | tr '\n' ' ' |
                grep -qF "(default${value:+ }$value" || {
                echo "$verb: $option $value"
                return 1
            }
        done < <(sed -n '/^  --/{s/^  \(--[^ ]*\).*/\1/;N
            s/\n.* \[\([^]]*\)\]$/ \1/p;}' "$work/help" |
            sed 's/ yes; .*//')
        while read -r option; do
            grep -qE -- "^$option( |\$)" <<<"$page" ||
                { echo "$verb: no $option"; return 1; }
        done < <(sed -n 's/^  \(--[^ ]*\).*/\1/p' "$work/help")
    done
}
clean() {
    "$@" >/dev/null 2>"$work/.lint" && [ ! -s "$work/.lint" ] ||
        { cat "$work/.lint"; return 1; }
}
read_by() {
    local page
    for page in "$work"/man/*.1; do
        clean "$@" "$page" || return 1
    done
}
check "every page of the manual has its sections" has_sections
check "a page has every option, with its default" has_options
if command -v groff >/dev/null; then
    check "groff formats the manual without a warning" \
        read_by groff -man -ww -Tascii
else
    skip "groff formats the manual without a warning" "groff is not installed"
fi
if command -v man >/dev/null && command -v groff >/dev/null; then
    check "man reads the manual without a warning" read_by man --warnings -l
else
    skip "man reads the manual without a warning" "man-db is not installed"
fi
if command -v mandoc >/dev/null; then
    check "mandoc finds nothing wrong with the manual" \
        read_by mandoc -T lint -W warning
else
    skip "mandoc finds nothing wrong with the manual" \
        "mandoc is not installed"
fi

# ---- Completion ----

"$attune" help --completion bash >"$work/completion.bash"

# What a TAB behind these words may lead to; files: completed by the shell.
offers() {
    bash -euc '. "$1"; shift
        complete -p attune | grep -q -- "-o default -F _attune" || exit 1
        compopt() { nothing=1; }
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        _attune
        [ ${#COMPREPLY[@]} = 0 ] || echo "${COMPREPLY[@]}"
        [ "${nothing:-}" ] || echo files' offers "$work/completion.bash" "$@"
}
completes() { # WORDS-OFFERED WORD...
    local wanted=$1
    shift
    same "$(offers "$@" | tr '\n' ' ' | sed 's/ $//')" "$wanted"
}
completes_all() {
    local verb
    completes 'finetune features' attune f &&
        completes 'cosine constant' attune pretrain --schedule co &&
        completes 'cosine constant' attune pretrain --schedule = co &&
        completes 'cosine tri-stage constant' attune finetune --schedule = &&
        completes '--freeze-updates --frequency-masks --frequency-width' \
            attune finetune --fr &&
        completes '--no-fold-case' attune score a.tsv b.txt --no-f &&
        completes '' attune pretrain --fr &&
        completes files attune pretrain --data rec &&
        completes files attune transcribe sp &&
        completes files attune align --output-dir d &&
        completes files attune probe --picture d &&
        completes 'txt json ctm trn srt vtt TextGrid' \
            attune transcribe --format = &&
        completes each attune transcribe --channel e &&
        completes '' attune pretrain --dim 1 &&
        completes finetune attune help fine || return 1
    for verb in $verbs; do
        offers attune '' | grep -qw "$verb" || { echo "$verb"; return 1; }
        offers attune "$verb" --he | grep -qw -- --help ||
            { echo "$verb --help"; return 1; }
    done
}
# As a person does: in an interactive shell, at a terminal.
completes_at_a_terminal() {
    mkdir -p "$work/at" && : >"$work/at/speech.wav" || return 1
    cat >"$work/at/rc" <<END
PS1= PS2=
unset PROMPT_COMMAND
bind 'set enable-bracketed-paste off'
attune() { printf '%s\n' "\$@" >"$work/typed"; exit; }
. "$work/completion.bash"
cd "$work/at"
END
    printf 'attune tran\t--mod\tspe\t--chan\t1\n' |
        INPUTRC=/dev/null timeout 20 script -qc \
            "bash --noprofile --rcfile '$work/at/rc' -i" /dev/null || return 1
    same "$(tr '\n' ' ' <"$work/typed")" \
        'transcribe --model speech.wav --channel 1 '
}
check "completion knows verbs, options and values" completes_all
if command -v script >/dev/null; then
    check "a TAB completes verb, option and file" completes_at_a_terminal
else
    skip "a TAB completes verb, option and file" "script is not installed"
fi
# Alone, for want of the shell's own settings.
fish_offers() { # WANTED COMMAND-LINE
    same "$(HOME=$work/at fish --no-config -c \
        ". '$work/completion.fish'; complete -C '$2'" 2>&1 |
        cut -f 1 | tr '\n' ' ')" "$1"
}
completes_in_fish() {
    "$attune" help --completion fish >"$work/completion.fish" || return 1
    fish_offers 'features finetune ' 'attune f' &&
        fish_offers '--schedule ' 'attune pretrain --sch' &&
        fish_offers 'constant cosine ' 'attune pretrain --schedule co' &&
        fish_offers '--no-fold-case ' 'attune score --no-f' &&
        fish_offers 'TextGrid ' 'attune align --format T' &&
        fish_offers "$work/at/ " "attune align --output-dir $work/a" &&
        fish_offers "$work/at/speech.wav " "attune transcribe $work/at/spe" &&
        fish_offers '' "attune pretrain --dim $work/at/spe"
}
if command -v fish >/dev/null; then
    mkdir -p "$work/at" && : >"$work/at/speech.wav"
    check "completion in fish knows verbs, options and values" \
        completes_in_fish
else
    skip "completion in fish knows verbs, options and values" \
        "fish is not installed"
fi
if command -v shellcheck >/dev/null; then
    check "shellcheck finds nothing wrong with the completion" \
        shellcheck "$work/completion.bash"
else
    skip "shellcheck finds nothing wrong with the completion" \
        "shellcheck is not installed"
fi
finish
