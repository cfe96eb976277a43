#!/usr/bin/env bash
# The Makefile's promises: what is built is not built again, a missing package is
# named, installation goes where it is told to.
. tests/shell.sh

unset MAKEFLAGS MAKELEVEL MFLAGS FLAVOUR SANITIZE CFLAGS PREFIX DESTDIR

nothing_to_do() {
    make -q all
}

names_missing_packages() {
    refused 'make setup' env PKG_CONFIG_LIBDIR="$work" make
    grep -q 'missing: .*sndfile.*fftw3.*openblas' "$work/.stderr"
}

installs() {
    make install DESTDIR="$work/root" PREFIX=/opt/attune || return 1
    local root=$work/root/opt/attune
    "$root/bin/attune" --help | grep pretrain &&
        grep -q '^\.TH ATTUNE 1 ' "$root/share/man/man1/attune.1" &&
        same "$(find "$root/share/man" -type f | wc -l)" \
            "$((1 + $(find recipes/commands -name 'cmd_*.c' | wc -l)))" &&
        bash -n "$root/share/bash-completion/completions/attune" &&
        grep -q '^prefix=/opt/attune$' "$root/lib/pkgconfig/attune.pc" &&
        [ -f "$root/lib/libattune.so" ] && [ -f "$root/lib/libattune.a" ] &&
        cmp model/attune.h "$root/include/attune.h" || return 1
    make uninstall DESTDIR="$work/root" PREFIX=/opt/attune || return 1
    same "$(find "$work/root" ! -type d)" ''
}

helps() {
    local target
    make help >"$work/help" || return 1
    for target in all setup quickstart test fuzz bench lint format install \
        clean; do
        grep -q "^  $target " "$work/help" || { echo "not $target"; return 1; }
    done
}

verbs_help() {
    local verb
    for verb in features pretrain finetune transcribe align ngram tune score \
        show help; do
        "$release" $verb --help >"$work/help" || return 1
        grep -q "^usage: attune $verb " "$work/help" &&
            grep -q '^example:' "$work/help" &&
            grep -q '^  --' "$work/help" || { echo "$verb"; return 1; }
    done
}

check "a second make does nothing" nothing_to_do
check "missing packages are named, and how to install them" \
    names_missing_packages
check "make install and uninstall keep to DESTDIR and PREFIX" installs
check "make help names the targets" helps
check "every verb has its --help with an example" verbs_help
finish
