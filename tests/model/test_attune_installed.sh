#!/usr/bin/env bash
# The library as it is installed: what it exports, and README's example in C,
# linked with the shared and the static one.
. tests/shell.sh
. tests/tones.sh

unset MAKEFLAGS MAKELEVEL MFLAGS FLAVOUR SANITIZE CFLAGS PREFIX DESTDIR
root=$work/root
make install PREFIX="$root" >"$work/log" 2>&1 ||
    { cat "$work/log"; echo "not ok - make install"; exit 1; }
export PKG_CONFIG_PATH=$root/lib/pkgconfig
cc=${CC:-cc}

# What attune.h declares, a name a line.
declared() {
    grep -c '^ATTUNE_PUBLIC ' "$root/include/attune.h"
    tr -d '\n' <"$root/include/attune.h" |
        grep -oE 'ATTUNE_PUBLIC [^;(]*\(' | grep -oE 'attune_[a-z_]+\($' |
        tr -d '(' | sort
}
# The same, of symbols.
exported() { # NM-ARGUMENT...
    local names
    names=$(nm "$@" | awk '$2 ~ /^[A-TV-Z]$/ { print $3 }' | sort)
    wc -l <<<"$names"
    echo "$names"
}
shared_exports() {
    same "$(exported -D --defined-only "$root/lib/libattune.so.0")" \
        "$(declared)"
}
static_exports() {
    same "$(exported --defined-only "$root/lib/libattune.a")" "$(declared)"
}
is_named() {
    readelf -d "$root/lib/libattune.so" | grep -F '[libattune.so.0]' &&
        same "attune $(pkg-config --modversion attune)" "$("$release" --version)"
}
check "the shared library exports what attune.h declares" shared_exports
check "the static library has no other names either" static_exports
check "soname and version are what they should be" is_named

# ---- Compilers ----

header_alone() { # COMPILER OPTION...
    echo '#include <attune.h>' |
        "$@" -Wall -Wextra -pedantic -Werror -fsyntax-only \
            "-I$root/include" -
}
check "attune.h is C99" header_alone "$cc" -x c -std=c99
if command -v c++ >/dev/null; then
    check "attune.h is C++" header_alone c++ -x c++ -std=c++98
else
    skip "attune.h is C++" "c++ is not installed"
fi

# ---- README's example ----

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md \
    >"$work/listen.c"
cp -r "$root" "$work/static"
rm "$work/static/lib/"libattune.so*
sed -i "s|^prefix=.*|prefix=$work/static|" \
    "$work/static/lib/pkgconfig/attune.pc"

compile() { # OUT PKG-CONFIG-OPTION...
    local out=$1
    shift
    # shellcheck disable=SC2046 # words
    "$cc" -Wall -Wextra -Werror -o "$out" "$work/listen.c" \
        $(pkg-config "$@" --cflags --libs attune)
}
links_static() {
    PKG_CONFIG_PATH=$work/static/lib/pkgconfig \
        compile "$work/listen-static" --static &&
        ! ldd "$work/listen-static" | grep libattune
}
check "README's example compiles with the shared library" \
    compile "$work/listen"
check "README's example compiles with the static library" links_static

# Names of functions inside the library, in a program.
keeps_names() {
    cat >"$work/clash.c" <<'END'
#include <attune.h>
#include <stdio.h>
int status_ok(void) { return 1; }
int stream_open(void) { return 2; }
int team_run(void) { return 3; }
int main(void)
{
    struct attune_model *model;
    const char *kernels = attune_faster_kernels();
    printf("%s", kernels ? kernels : "");
    return attune_open(&model, "absent", NULL) != ATTUNE_SYSTEM ||
           status_ok() + stream_open() + team_run() != 6;
}
END
    export PKG_CONFIG_PATH=$work/static/lib/pkgconfig
    # shellcheck disable=SC2046 # words
    "$cc" -o "$work/clash" "$work/clash.c" \
        $(pkg-config --static --cflags --libs attune) &&
        "$work/clash" >"$work/kernels"
}
check "a program may have functions named like those inside" \
    eval '(keeps_names)'
# The program would change to these, and a library cannot.
[ ! -s "$work/kernels" ] || {
    OPENBLAS_CORETYPE=$(cat "$work/kernels")
    export OPENBLAS_CORETYPE
}

tones "$work/tones" 6 2
"$release" finetune --data "$work/tones/table.tsv" \
    --dev "$work/tones/table.tsv" --out "$work/model.safetensors" \
    --rate 8000 --bins 24 --dim 16 --layers 1 --heads 2 --ffn 32 \
    --stride 4 --consistency 0 \
    --batch-seconds 4 --lanes 2 --updates 400 --learning-rate 0.01 \
    >"$work/log" 2>&1 ||
    { cat "$work/log"; echo "not ok - a model to test with"; exit 1; }
for i in 0 1 2 3; do
    sox "$work/tones/u$i.wav" -b 16 "$work/$i.wav" pad 0 1 2>/dev/null
done
sox "$work/"[0-3].wav "$work/speech.wav"
sox "$work/speech.wav" -t raw -e signed -b 16 "$work/speech.raw"

listen() { # PROGRAM
    LD_LIBRARY_PATH=$root/lib "$1" "$work/model.safetensors" \
        <"$work/speech.raw"
}
hears() { # PROGRAM
    listen "$1" >"$work/lines" 2>"$work/said" || { cat "$work/said"; return 1; }
    cat "$work/lines"
    [ "$(wc -l <"$work/lines")" -gt 1 ] && [ ! -s "$work/said" ] &&
        same "$(sed 's/^ *[0-9.]* *[0-9.]*  //' "$work/lines" | paste -sd ' ')" \
            "$("$release" transcribe --model "$work/model.safetensors" \
                --pause 0.6 "$work/speech.wav" | cut -f 2)"
}
check "README's example says what attune transcribe says" hears "$work/listen"
check "and so it does with the static library" hears "$work/listen-static"
check "README's example says what went wrong in one line" \
    refused "^listen: $work/speech.wav: " \
    env LD_LIBRARY_PATH="$root/lib" "$work/listen" "$work/speech.wav"

uninstalls() {
    make uninstall PREFIX="$root" || return 1
    same "$(find "$root" ! -type d)" ''
}
check "make uninstall removes all of it" uninstalls
finish
