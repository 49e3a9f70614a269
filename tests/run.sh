#!/bin/bash
# Runs tests, two at a time, each under a time limit, and ends with "N passed, N failed".
# usage: tests/run.sh BUILD:TEST...
# TEST is a cmocka binary under BUILD, a script of tests/integration or tests/torture, or a timeline of tests/replay (*.timeline).
# Scripts get $BUILD (absolute), $ROOT, $SAN, and an empty private directory as $TMP; exit 77 means skipped.
# $UNDER is a command that binaries and timelines are run under (make valgrind), which may take thirty times as long.
# A script may say in its first lines "# limit: SECONDS" and "# alone" (nothing else runs beside it).
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
jobs=${JOBS:-$(nproc)}
default_limit=${LIMIT:-120}
[ $# -gt 0 ] || { echo "usage: tests/run.sh BUILD:TEST..." >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/dupd-tests.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'trap - TERM; kill -- $(jobs -p) 2>/dev/null; exit 130' INT TERM

header() { # FILE KEY: the value of "# KEY: value" in a script's first lines
    head -n 12 "$1" | sed -n "s/^# $2: *//p" | head -n 1
}

run_one() { # NUMBER BUILD TEST: runs it, leaves NUMBER.counts, NUMBER.log, and prints a line
    local number=$1 build=$2 test=$3 limit=$default_limit counted=0 passed=0 failed=0 skipped=0
    local log=$work/$1.log begin end rc name sanitizer=
    local -a command under
    read -ra under <<<"${UNDER:-}"
    case $build in *-address-undefined) sanitizer=address,undefined ;; *-thread) sanitizer=thread ;; esac
    case $test in
    tests/integration/* | tests/torture/*)
        command=("$root/$test")
        limit=$(header "$root/$test" limit)
        : "${limit:=$default_limit}" ;;
    *.timeline) command=("${under[@]}" "$root/$build/tests/replay/replay" "$root/$test") ;;
    *) command=("${under[@]}" "$root/$test") counted=1 ;;
    esac
    if [ ${#under[@]} -gt 0 ]; then limit=$((limit * 30)); fi
    if [ -n "$sanitizer" ]; then limit=$((limit * 5)); fi
    # The thread sanitizer needs its shadow memory where randomised addresses may stand in the way.
    if [ "$sanitizer" = thread ] && setarch -R true 2>/dev/null; then command=(setarch -R "${command[@]}"); fi
    name=${test#"$build"/} name=${name#tests/}
    if [ "$build" != build ]; then name="$name (${build#build-})"; fi
    mkdir "$work/$number.tmp"
    begin=$(date +%s%N)
    (cd "$root" && exec env BUILD="$root/$build" ROOT="$root" SAN="$sanitizer" TMP="$work/$number.tmp" \
        ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:${ASAN_OPTIONS:-}" \
        UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}" \
        TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:${TSAN_OPTIONS:-}" \
        timeout -k 10 "$limit" "${command[@]}" >"$log" 2>&1 </dev/null) 2>/dev/null
    rc=$?
    end=$(date +%s%N)
    if [ $counted = 1 ]; then
        passed=$(grep -c '^\[       OK \] ' "$log")
        failed=$(sed -n 's/^\[  FAILED  \] \([A-Za-z_0-9]*\)$/\1/p' "$log" | sort -u | wc -l)
        skipped=$(sed -n 's/^\[  SKIPPED \] \([A-Za-z_0-9]*\)$/\1/p' "$log" | sort -u | wc -l)
        # A binary that dies, or that holds no test, has failed whatever it counted.
        if [ $rc != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
        if [ $((passed + failed + skipped)) = 0 ]; then failed=1; fi
    elif [ $rc = 0 ]; then passed=1
    elif [ $rc = 77 ]; then skipped=1
    else failed=1
    fi
    echo "$passed $failed $skipped" >"$work/$number.counts"
    local verdict=ok
    if [ "$skipped" -gt 0 ] && [ "$passed" = 0 ]; then verdict=skipped; fi
    if [ "$failed" -gt 0 ]; then
        verdict=FAILED
        if [ $rc = 124 ] || [ $rc = 137 ]; then verdict="FAILED: over its limit of $limit s"; fi
        echo "exit code $rc" >>"$log"
        echo "$name" >"$work/$number.failed"
    fi
    local cases=
    if [ $counted = 1 ]; then cases=" $((passed + failed)) cases"; fi
    printf '%-52s %6d.%01d s%s  %s\n' "$name" $(((end - begin) / 1000000000)) \
        $(((end - begin) / 100000000 % 10)) "$cases" "$verdict"
    if [ "$verdict" = skipped ]; then tail -n 1 "$log" | sed 's/^/    /'; fi
    # The long tests are run for their figures, which stand in lines of their own.
    case $test in tests/torture/*) if [ "$verdict" = ok ]; then grep '^    ' "$log"; fi ;; esac
    rm -rf "$work/$number.tmp"
}

number=0 running=0
begin=$SECONDS
alone=()
for spec; do
    build=${spec%%:*} test=${spec#*:}
    case $test in
    tests/integration/* | tests/torture/*)
        if head -n 12 "$root/$test" | grep -q '^# alone$'; then alone+=("$spec"); continue; fi ;;
    esac
    number=$((number + 1))
    if [ $running -ge "$jobs" ]; then wait -n; running=$((running - 1)); fi
    run_one $number "$build" "$test" &
    running=$((running + 1))
done
wait
for spec in "${alone[@]}"; do
    number=$((number + 1))
    run_one $number "${spec%%:*}" "${spec#*:}"
done

passed=0 failed=0 skipped=0
for i in $(seq $number); do
    if ! read -r p f s <"$work/$i.counts"; then p=0 f=1 s=0; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    if [ -e "$work/$i.failed" ]; then
        printf '\n---- %s ----\n' "$(cat "$work/$i.failed")"
        # Whole, but a log that runs away must not drown the rest.
        if [ "$(wc -c <"$work/$i.log")" -gt 200000 ]; then
            head -c 100000 "$work/$i.log"; printf '\n[...]\n'; tail -c 100000 "$work/$i.log"
        else
            cat "$work/$i.log"
        fi
    fi
done
printf '\n%d s\n' $((SECONDS - begin))
if [ $skipped -gt 0 ]; then echo "$skipped skipped"; fi
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
