#!/bin/sh
# Installs the Debian packages that dupd is built and tested with, those that are missing.
# usage: tests/deps.sh GROUP...   groups: build test lint bench coverage fuzz tidy torture valgrind
# Runs on a bare system: needs nothing but dpkg, apt-get and a POSIX shell.
set -eu

packages() {
    case $1 in
    build) echo gcc libc6-dev libuv1-dev libxxhash-dev liblmdb-dev libjson-c-dev libutf8proc-dev \
                libzstd-dev libsystemd-dev libsmartcols-dev libinih-dev zlib1g-dev ;;
    test) echo libcmocka-dev python3 zstd binutils pkgconf ;;
    lint) echo cppcheck shellcheck groff-base binutils python3 ;;
    bench | valgrind) echo valgrind ;;
    coverage) echo gcovr ;;
    tidy) echo clang-tidy ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    torture) echo mmdebstrap util-linux ;;
    *) echo "deps.sh: no such group: $1 (build, test, lint, bench, coverage, fuzz, tidy, torture, valgrind)" >&2; exit 2 ;;
    esac
}

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

[ $# -gt 0 ] || set -- build test
for group; do packages "$group" >/dev/null; done
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "deps.sh: not a Debian system; taking for granted that what is needed is installed" >&2
    exit 0
fi

missing=
for group; do
    for package in $(packages "$group"); do
        case " $missing " in *" $package "*) continue ;; esac
        installed "$package" || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    if ! command -v sudo >/dev/null; then
        echo "deps.sh: missing:$missing" >&2
        echo "deps.sh: run as root: apt-get install$missing" >&2
        exit 1
    fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null
}

echo "installing:$missing"
# The lists may be absent or old: try with what is there, then with fresh ones.
# shellcheck disable=SC2086
if ! apt install -y --no-install-recommends $missing; then
    if ! { apt update && apt install -y --no-install-recommends $missing; }; then
        cat "$log" >&2
        echo "deps.sh: apt-get could not install:$missing" >&2
        exit 1
    fi
fi
