#!/bin/bash
# The gates of `make lint`. usage: tests/lint/lint.sh [BUILD]
# Prints one line a gate, and what breaks it; exit 1 when any gate is red.
# tests/integration/lint breaks each gate once in a copy of the tree and sees it turn red.
# ONLY=gate,gate runs those alone.
set -u
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build}
red=0

files() { # PATTERN...: the project's files; those git knows, or all where there is no git
    if [ -e .git ] && command -v git >/dev/null; then git ls-files --cached --others --exclude-standard -- "$@"
    else find . \( -path './build*' -o -path ./.git \) -prune -o -type f -print | sed 's|^\./||' | while read -r file; do
            for pattern; do
                # shellcheck disable=SC2254
                case $file in $pattern) echo "$file"; break ;; esac
            done
        done
    fi | sort | while read -r file; do [ -e "$file" ] && echo "$file"; done
}

gate() { # NAME FUNCTION: runs it; what it prints is what is wrong
    local output
    if [ -n "${ONLY:-}" ]; then case ",$ONLY," in *",$1,"*) ;; *) return ;; esac; fi
    output=$($2 2>&1)
    if [ -n "$output" ]; then
        echo "lint: $1: RED"
        echo "${output//$'\n'/$'\n'    }" | sed '1s/^/    /'
        red=1
    else
        echo "lint: $1: ok"
    fi
}

# An include goes down the floors, never up or sideways. What each room may include beside itself:
layers() {
    files 'daemon/*.[ch]' 'include/dup/*.h' | while read -r file; do
        case $file in
        include/dup/*)   may="dup" ;;
        daemon/base/*)   may="base dup" ;;
        daemon/core/*)   may="core dup" ;;
        daemon/proto/*)  may="proto base dup" ;;
        daemon/store/*)  may="store core proto base dup" ;;
        daemon/engine/*) may="engine store core proto base dup" ;;
        daemon/server/*) may="server engine store core proto base dup" ;;
        daemon/ctl/*)    may="ctl proto base dup" ;;
        daemon/dupd.c)   may="server engine store core proto base dup" ;;
        *) echo "$file: belongs to no floor"; continue ;;
        esac
        sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$file" | while read -r header; do
            case $header in */*) ;; *) echo "$file: \"$header\" must be written with its directory"; continue ;; esac
            case " $may " in
            *" ${header%%/*} "*) ;;
            *) echo "$file: may not include $header (only: $may)" ;;
            esac
        done
    done
}

# The libraries that are kept behind one door each; and libdup does no input or output.
doors() {
    local file
    for file in $(files 'daemon/*.[ch]' 'include/*.h'); do
        case $file in
        daemon/store/*.c) ;;
        *) grep -Hn 'include *<lmdb\.h>' "$file" ;;
        esac
        case $file in
        daemon/server/* | daemon/dupd.c) ;;
        *) grep -Hn 'include *<uv\(/.*\)\?\.h>' "$file" ;;
        esac
        case $file in
        daemon/core/* | include/*) grep -HnE 'include *<(unistd|fcntl|sys/.*|json.*|systemd/.*)\.h>' "$file" ;;
        esac
    done
}

# libdup stands alone: no store, no loop, and only names of its own.
symbols() {
    if [ ! -e "$build/libdup.a" ]; then echo "$build/libdup.a is missing"; return; fi
    local modules
    modules=$(files 'daemon/core/*.[ch]' | sed 's|.*/||; s|\.[ch]$||' | sort -u | paste -sd '|')
    nm -u "$build/libdup.a" 2>/dev/null | grep -E ' (mdb|uv|json|sd|ZSTD)_' | sort -u
    nm -g --defined-only "$build/libdup.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u |
        grep -vE "^(dup|$modules)_" | sed 's/$/: neither dup_ nor the name of its module/'
}

# A .c of the daemon that passes 450 lines wants splitting.
sizes() {
    files 'daemon/*.c' | while read -r file; do
        lines=$(wc -l <"$file")
        [ "$lines" -le 450 ] || echo "$file: $lines lines, more than 450"
    done
}

# What is left to do stands in the tracker, not in the tree.
leftovers() {
    files '*' | grep -v '^tests/lint/' | grep -v '^tests/integration/lint$' | while read -r file; do
        grep -HnIwE 'TODO|FIXME|XXX' "$file"
    done
}

# Each header stands alone.
headers() {
    files 'include/dup/*.h' 'daemon/*.h' | while read -r file; do
        printf '#include "%s"\n' "$PWD/$file" |
            ${CC:-cc} -std=c11 -D_GNU_SOURCE -Iinclude -Idaemon -Wall -Wextra -Werror -fsyntax-only -x c - 2>&1 |
            sed "s|$PWD/||g"
    done
}

cppchecks() {
    local sources
    mapfile -t sources < <(files 'daemon/*.c' 'tests/bench/*.c' 'tests/replay/*.c' 'tests/quality/*.c')
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=0 \
        --suppress=missingIncludeSystem --suppress=unknownMacro -D_GNU_SOURCE -DDUPD_VERSION='""' -DDUPD_SYSCONFDIR='""' \
        -Iinclude -Idaemon -j "$(nproc)" --template='{file}:{line}: {id}: {message}' \
        "${sources[@]}" 2>&1
}

scripts() {
    local shell=() python=() file
    for file in $(files 'tests/*' '.ci/*' 'conf/*' 'debian/*'); do
        case $(head -c 64 "$file" | head -n 1 | tr -d '\0') in
        '#!'*python3*) python+=("$file") ;;
        '#!'*sh) shell+=("$file") ;;
        *) case $file in *.py) python+=("$file") ;; *.bash-completion) shell+=("$file") ;; esac ;;
        esac
    done
    shellcheck -x -S warning -f gcc "${shell[@]}"
    for file in "${python[@]}"; do
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file" 2>&1 | tail -n 1 | sed "s|^|$file: |"
    done
}

man_pages() {
    local page
    for page in $(files 'man/*.[0-9]'); do
        LC_ALL=C.UTF-8 groff -mandoc -ww -Tutf8 -z -K utf8 "$page" 2>&1
        awk -v page="$page" 'length($0) > 0 && /[ \t]$/ { print page ":" NR ": blank at the end of the line" }' "$page"
    done
}

# Every option of conf/dupd.conf stands in dupd.conf(5), and the other way round, at the same default.
options() {
    if [ ! -e conf/dupd.conf ] || [ ! -e man/dupd.conf.5 ]; then return; fi
    diff <(sed -n 's/^#\?\([a-z-]* *=.*\)/\1/p' conf/dupd.conf | sed 's/ *= */ = /; s/ *$//' | sort) \
        <(sed -n 's/^\.It Cm \([a-z-]*\) No = *\(.*\)/\1 = \2/p' man/dupd.conf.5 | sed 's/^\(.*\) = Pq empty$/\1 = /; s/ *$//' | sort) |
        sed -n 's/^</conf\/dupd.conf has: /p; s/^>/man\/dupd.conf.5 has: /p'
}

# docs/ARCHITECTURE.md has a line for every source file.
map() {
    [ -e docs/ARCHITECTURE.md ] || return
    files 'daemon/*.c' | while read -r file; do
        grep -q "\`$(basename "$file")\`\|\`$(basename "$file" .c)\`\|\`$(basename "$file" .c)\.\[ch\]\`" docs/ARCHITECTURE.md ||
            echo "$file: no line in docs/ARCHITECTURE.md"
    done
}

# docs/STORAGE.md names every table, every field of the article record and every field of the cluster record.
storage() {
    local name
    {
        sed -n '/table_names\[TABLE_COUNT\] = {/,/};/p' daemon/store/open.c | grep -o '"[a-z_]*"' | tr -d '"'
        sed -n '/^#define FIXED(X)/,/[^\\]$/p' daemon/store/record.c | grep -o ' X([a-z_]*)' | sed 's/ X(//; s/)//'
        sed -n '/^struct cluster {/,/^};/p' daemon/store/store.h | sed 's|/\*.*||' |
            sed -n 's/^ *u\?int[0-9]*_t \(.*\);.*/\1/p' | tr ',' '\n' | sed 's/\[.*//; s/ //g'
    } | while read -r name; do
        grep -q "\`$name\`" docs/STORAGE.md || echo "docs/STORAGE.md: no word of \`$name\`"
    done
}

gate layers layers
gate doors doors
gate symbols symbols
gate sizes sizes
gate leftovers leftovers
gate headers headers
gate cppcheck cppchecks
gate scripts scripts
gate man man_pages
gate options options
gate map map
gate storage storage
exit $red
