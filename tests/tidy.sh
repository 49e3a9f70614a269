#!/bin/bash
# clang-tidy over the daemon, libdup and dupctl, by .clang-tidy. usage: tests/tidy.sh CPPFLAGS...
set -u
cd "$(dirname "$0")/.." || exit 2
flags=$(printf ' %q' "$@")
log=$(mktemp) && trap 'rm -f "$log"' EXIT
git ls-files 'daemon/*.c' | FLAGS=$flags xargs -P "$(nproc)" -n 6 bash -c 'eval "clang-tidy --quiet \"\$@\" -- -std=c11 $FLAGS"' bash >"$log" 2>/dev/null
grep -E '(warning|error): ' "$log" | sed "s|$PWD/||" | sort -u
if grep -qE '(warning|error): ' "$log"; then echo "tidy: RED"; exit 1; fi
echo "tidy: ok, $(git ls-files 'daemon/*.c' | wc -l) files"
