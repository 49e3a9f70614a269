#!/bin/bash
# Runs every fuzz target of BUILD for SECONDS, from the kept corpus on; new inputs go to BUILD/corpus,
# what fails to BUILD/found. usage: tests/fuzz/run.sh BUILD SECONDS
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1 seconds=$2 failed=0 passed=0
mkdir -p "$build/corpus" "$build/found"
for target in "$build"/tests/fuzz/*; do
    name=$(basename "$target")
    case $name in *.*) continue ;; esac
    mkdir -p "$build/corpus/$name" "$build/found/$name"
    if "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$build/found/$name/" "$build/corpus/$name" "tests/fuzz/corpus/$name" >"$build/found/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "$name: nothing found in $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/found/$name.log") runs"
    else
        failed=$((failed + 1))
        echo "$name: FAILED, see $build/found/$name.log"
        grep -m 5 -E 'does not hold|ERROR|runtime error|SUMMARY' "$build/found/$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
