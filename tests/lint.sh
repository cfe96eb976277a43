#!/usr/bin/env bash
# Checks the source: floors, doors, lengths, scripts, format.
#
#     tests/lint.sh
#
# A tool that is not installed is named, and what it would check is left out.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
failed=0
complain() {
    echo "$*" >&2
    failed=1
}
mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)

# A file includes its own folder, and folders to the left of it here.
floors="audio model/kernel model/layer model/text model/encoder model/pretrain
    model/ctc model/store model/data model/train model recipes/commands"
rank() {
    local n=0 floor
    for floor in $floors; do
        n=$((n + 1))
        [ "$floor" = "$1" ] && echo $n && return
    done
    echo 0
}
for file in "${sources[@]}"; do
    case $file in tests/*) continue ;; esac
    own=$(rank "$(dirname "$file")")
    [ "$own" != 0 ] || complain "$file: in a folder that is no floor"
    while IFS=: read -r line included; do
        other=$(rank "$(dirname "$included")")
        [ "$other" != 0 ] && [ "$other" -le "$own" ] ||
            complain "$file:$line: includes $included, which is above it"
    done < <(sed -n 's/^#include "\(.*\)"/\1/p;' "$file" | awk '{ print NR ":" $0 }')
done

# Every library has one door.
door() { # HEADER PATTERN-OF-FILES
    local file
    for file in $(grep -lE "^#include <$1" "${sources[@]}"); do
        [[ $file == tests/* || $file =~ $2 ]] ||
            complain "$file: includes <$1>, whose door is $2"
    done
}
door 'sndfile' '^audio/sound\.c$'
door 'samplerate' '^audio/resample\.c$'
door 'fftw3' '^audio/spectrum\.c$'
door 'cblas|lapack|openblas' '^model/kernel/(gemm|cpu)\.c$'
door 'jansson' '^model/store/'
door 'utf8proc' '^model/text/'
door 'zlib' '^model/text/(line_reader|arpa_write)\.c$'
door 'mpi' '^model/train/ranks\.c$'
door 'pthread' '^(model/kernel/team\.c|model/data/features\.c|audio/(spectrum|mfcc|sound)\.c)$'

for file in "${sources[@]}" "${scripts[@]}"; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || complain "$file: $lines lines are more than 600"
    ! grep -nE '[[:space:]]+$' "$file" || complain "$file: space at line ends"
done
for file in "${sources[@]}"; do
    grep -q '^/\* ' <(head -n 1 "$file") ||
        complain "$file: does not begin with a sentence"
done

if command -v shellcheck >/dev/null; then
    shellcheck -x -S warning "${scripts[@]}" || failed=1
else
    echo "lint: shellcheck is not installed: scripts not checked" >&2
fi
if command -v clang-format >/dev/null; then
    clang-format --dry-run -Werror "${sources[@]}" || failed=1
else
    echo "lint: clang-format is not installed: format not checked" >&2
fi
[ $failed = 0 ] && echo "lint: ${#sources[@]} files of C, ${#scripts[@]} scripts"
exit $failed
