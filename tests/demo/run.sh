#!/bin/bash
# Shows dupd at work, from start to stop, in a temporary place of its own. usage: tests/demo/run.sh BUILD
# Exit code 0 only when every step did what it should.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: tests/demo/run.sh BUILD}" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/dupd-demo.XXXXXX")
export DUPD_SOCKET=$place/dupd.sock
daemon=

leave() {
    local code=$?
    stop || true
    if [ $code != 0 ]; then
        echo "demo: something went wrong (exit code $code); the log of dupd:" >&2
        cat "$place/log" >&2 || true
    fi
    rm -rf "$place"
    exit $code
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() {
    if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\n\033[1m# %s\033[0m\n' "$1"; else printf '\n# %s\n' "$1"; fi
}

dupctl() {
    echo "\$ dupctl $*"
    "$build/dupctl" "$@"
}

start() { # returns when the daemon answers
    "$build/dupd" --state-dir "$place/state" --socket "$DUPD_SOCKET" >>"$place/log" 2>&1 &
    daemon=$!
    local tries=0
    until "$build/dupctl" ping >/dev/null 2>&1; do
        if [ $((tries += 1)) -gt 200 ] || ! kill -0 "$daemon" 2>/dev/null; then
            echo "demo: dupd did not come up" >&2
            return 1
        fi
        sleep 0.05
    done
}

stop() { # its exit code is that of the daemon
    [ -n "$daemon" ] || return 0
    local stopped=$daemon
    daemon=
    kill "$stopped" && wait "$stopped"
}

cp "$here/articles.jsonl" "$place"
cd "$place"

say "a daemon with a store and a socket of its own"
echo "\$ dupd --state-dir $place/state --socket $DUPD_SOCKET &"
start
dupctl ping

say "$(wc -l <articles.jsonl) invented articles go in; for each: how it stands to what came before, its cluster, the share, of whom"
dupctl import --verdicts articles.jsonl

say "what was carried by whom: the clusters"
dupctl clusters --order size

say "one of them: the first print, and what the others made of it"
dupctl cluster wire-desk-1

say "two prints, what they share marked"
dupctl compare daily-ledger-19 wire-desk-1

say "a restart, and the same articles once more: all of them are known"
stop
start
dupctl import articles.jsonl >again
cat again
grep -q "^ *$(wc -l <articles.jsonl)  unchanged$" again

say "stopped"
stop
echo "nothing went wrong"
