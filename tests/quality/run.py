#!/usr/bin/python3
"""Measures dupd's decisions on labelled news: imports each corpus through the socket, exports the
clusters, and compares them with labelled pairs; beside them what plain SimHash and MinHash would say.

usage: run.py BUILD_DIR SHARED_DIR
SHARED_DIR holds corpora/NAME.jsonl.zst (one article a line: id, outlet, url, title, body, published)
and gold/pairs.tsv (corpus, id_a, id_b, label, confidence, why), gold/strict.tsv (corpus, id_a, id_b, ...).
"""
import collections
import csv
import json
import os
import subprocess
import sys
import tempfile
import time

SAME = {"COPY", "ABRIDGED", "UPDATE"}
NAMED = {"COPY": {"exact", "copy", "update"}, "ABRIDGED": {"abridged", "extended", "copy", "update"},
         "UPDATE": {"update", "extended", "copy", "abridged"}, "PARTIAL": {"partial", "quote", "extended"},
         "QUOTE": {"quote", "original"}, "TEMPLATE": {"template", "original"}, "FURNITURE": {"original"},
         "ROUNDUP": {"roundup", "original"}, "UNRELATED": {"original"}}


class Daemon:
    """A dupd of its own with a fresh state directory."""

    def __init__(self, build, directory):
        self.ctl = [os.path.join(build, "dupctl"), "--socket", os.path.join(directory, "sock")]
        self.process = subprocess.Popen(
            [os.path.join(build, "dupd"), "--state-dir", os.path.join(directory, "state"), "--socket",
             os.path.join(directory, "sock"), "--agencies", "conf/agencies.conf"], stderr=subprocess.DEVNULL)
        while subprocess.run(self.ctl + ["ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            if self.process.poll() is not None:
                sys.exit("quality: dupd did not start")
            time.sleep(0.02)

    def run(self, *arguments):
        return subprocess.run(self.ctl + list(arguments), stdout=subprocess.PIPE, check=False).stdout.decode()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def f1(rows, decide):
    counts = collections.Counter()
    for row in rows:
        if row["label"] != "PARTIAL":
            counts[row["label"] in SAME, bool(decide(row))] += 1
    hit, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    precision, recall = hit / max(hit + wrong, 1), hit / max(hit + missed, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def measure(build, shared, corpus, pairs, strict):
    """Adds to each row: same (cluster), and for labelled pairs the comparison of the two."""
    with tempfile.TemporaryDirectory() as directory:
        daemon = Daemon(build, directory)
        daemon.run("import", os.path.join(shared, "corpora", corpus + ".jsonl.zst"))
        articles = {a["id"]: a for a in map(json.loads, daemon.run("export", "--json").splitlines())}
        for row in pairs + strict:
            a, b = articles.get(row["id_a"]), articles.get(row["id_b"])
            row["same"] = bool(a and b and a["cluster"] == b["cluster"])
        for row in pairs:
            answer = daemon.run("compare", row["id_a"], row["id_b"], "--json")
            row["compare"] = json.loads(answer) if answer else {}
        daemon.stop()


def report(pairs, strict):
    sure = [row for row in pairs if row["confidence"] == "3"]
    methods = [("dupd, same cluster", lambda r: r["same"])]
    for most in (3, 6):
        methods.append(("SimHash, Hamming <= %d" % most, lambda r, most=most: r["compare"].get("simhash_distance", 64) <= most))
    for least in (0.5, 0.7):
        methods.append(("MinHash, Jaccard >= %.1f" % least, lambda r, least=least: r["compare"].get("minhash_jaccard", 0) >= least))
    print("%-26s %28s %28s" % ("decision", "all: precision recall F1", "sure: precision recall F1"))
    for name, decide in methods:
        print("%-26s %14.3f %6.3f %6.3f %14.3f %6.3f %6.3f" % ((name,) + f1(pairs, decide) + f1(sure, decide)))
    for corpus in sorted({row["corpus"] for row in pairs}):
        rows = [row for row in pairs if row["corpus"] == corpus]
        print("  %-24s %14.3f %6.3f %6.3f" % ((corpus,) + f1(rows, methods[0][1])))
    print("\n%-12s %6s %8s %14s" % ("label", "pairs", "merged", "named right"))
    right = 0
    for label in NAMED:
        rows = [row for row in pairs if row["label"] == label]
        named = sum(row["compare"].get("relation") in NAMED[label] for row in rows)
        right += named
        print("%-12s %6d %7.1f%% %13.1f%%" % (label, len(rows), 100 * sum(r["same"] for r in rows) / max(len(rows), 1),
                                             100 * named / max(len(rows), 1)))
    print("relation named right: %.1f %% of %d pairs" % (100 * right / max(len(pairs), 1), len(pairs)))
    print("strict pairs found: %.4f of %d" % (sum(r["same"] for r in strict) / max(len(strict), 1), len(strict)))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, shared = sys.argv[1:]
    if not os.path.exists(os.path.join(shared, "gold", "pairs.tsv")):
        print("quality: there is no %s/gold/pairs.tsv: give your own labelled pairs with make quality SHARED=DIR\n%s"
              % (shared, __doc__))
        return
    pairs, strict = read(os.path.join(shared, "gold", "pairs.tsv")), read(os.path.join(shared, "gold", "strict.tsv"))
    for corpus in sorted({row["corpus"] for row in pairs + strict}):
        measure(build, shared, corpus, [r for r in pairs if r["corpus"] == corpus],
                [r for r in strict if r["corpus"] == corpus])
    report(pairs, strict)
    if os.environ.get("ERRORS"):
        for row in pairs:
            if row["label"] != "PARTIAL" and row["same"] != (row["label"] in SAME):
                print(row["corpus"], row["id_a"], row["id_b"], row["label"], row["confidence"],
                      row["compare"].get("relation"), row["compare"].get("why"), row["why"], sep="\t")


main()
