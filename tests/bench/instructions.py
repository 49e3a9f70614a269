#!/usr/bin/python3
"""Counts instructions an article by stage, under callgrind, on fixed input, and compares with the baseline:
free of what else the machine does. A stage that takes over 5 % more than in the baseline fails.

usage: instructions.py --build DIR [--update]      --update writes tests/bench/instructions.tsv anew
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

ARTICLES = 600
MOST = 1.05
BASELINE = "tests/bench/instructions.tsv"
STAGES = [  # what, its function; each counts what it calls too
    ("all", "work"), ("line to JSON", "json_parse_line"), ("article prepared", "prepare_article"), ("tokens", "dup_tokenize"),
    ("shingles", "dup_shingles"), ("SimHash", "dup_simhash"), ("MinHash", "dup_minhash"), ("winnowing", "dup_winnow"),
    ("credits", "dup_credits_find"), ("packing", "engine_ahead"), ("search and decision", "engine_find"),
    ("look-ups in the index", "store_probe"), ("candidates ranked", "candidates_rank"), ("heads made ready", "heads_get"),
    ("comparison", "dup_compare"), ("relation", "dup_relate"), ("stored", "article_apply"), ("posted", "store_post"),
    ("committed", "store_commit"), ("reply", "answer_verdict")]


def measure(build):
    with tempfile.TemporaryDirectory() as directory:
        articles, out = os.path.join(directory, "articles"), os.path.join(directory, "out")
        with open(articles, "wb") as to:
            subprocess.run([os.path.join(build, "tests/bench/generate"), "--count", str(ARTICLES)], stdout=to, check=True)
        subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=work", "--callgrind-out-file=" + out,
                        os.path.join(build, "tests/bench/stages"), articles, os.path.join(directory, "state")],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--auto=no", "--threshold=100", out],
                              stdout=subprocess.PIPE, check=True).stdout.decode()
    counts = {}
    for count, name in re.findall(r"^ *([\d,]+) .*?:(\w+)(?: \[|$)", text, re.M):
        counts[name] = max(counts.get(name, 0), int(count.replace(",", "")))
    return {what: counts.get(function, 0) / ARTICLES for what, function in STAGES}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    now = measure(args.build)
    if args.update:
        with open(BASELINE, "w", encoding="utf-8") as to:
            to.write("".join("%s\t%d\n" % row for row in now.items()))
    with open(BASELINE, encoding="utf-8") as file:
        before = {what: int(count) for what, count in (line.rstrip("\n").split("\t") for line in file)}
    worse = []
    print("%-24s %12s %12s %8s %8s" % ("stage", "instructions", "baseline", "change", "of all"))
    for what, count in now.items():
        base = before.get(what, 0)
        print("%-24s %12.0f %12d %+7.1f%% %7.1f%%" % (what, count, base, 100 * (count / base - 1) if base else 0,
                                                    100 * count / now["all"]))
        if count > base * MOST:
            worse.append(what)
    if worse:
        sys.exit("bench-instructions: over 5 % more than the baseline: " + ", ".join(worse) +
                 "\nIf that is meant, take the new figures: tests/bench/instructions.py --update")


main()
