#!/usr/bin/python3 -B
"""Resolves agencies that a print does not name: in the corpora's clusters with two credited prints and
more, one print after the other is taken away and its agency asked of what the rest say.

usage: hidden.py BUILD_DIR SHARED_DIR
SHARED_DIR holds corpora/NAME.jsonl.zst (one article a line: id, outlet, url, title, body, published).
Prints how many of the prints got an agency (coverage) and how many of these the right one (accuracy).
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
A_CLUSTER = 5      # prints of one cluster that are hidden, so that no large cluster decides the figure
ACCURACY = 97.0    # percent


def named(article):
    """The agencies that the print itself names."""
    return set(article.get("agencies", "").split("+")) - {"", "generic"} if article["claim"] != "none" else set()


def read(path):
    lines = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=False).stdout.splitlines()
    articles = {}
    for line in lines:
        try:
            article = json.loads(line)
        except ValueError:
            continue
        articles[str(article["id"])] = article
    return articles


def hide(client, original, hidden, other):
    """What the cluster's source is said to be while the print is away."""
    client.ask({"op": "delete", "id": "d", "article": hidden["id"]})
    source = client.ask({"op": "cluster", "id": "c", "article": other["id"], "limit": 1}).get("source", {})
    client.ask(original)
    return source


def measure(lib, build, path, show, counts):
    with tempfile.TemporaryDirectory() as directory:
        daemon = lib.Daemon(directory).start()
        subprocess.run([os.path.join(build, "dupctl"), "--socket", daemon.socket, "import", path],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        originals = read(path)
        with daemon.client() as client:
            clusters = collections.defaultdict(list)
            for article in client.export().values():
                clusters[article["cluster"]].append(article)
            for members in clusters.values():
                credited = [a for a in members if named(a) and a["id"] in originals]
                if len(credited) < 2:
                    continue
                counts["clusters"] += 1
                for hidden in credited[:A_CLUSTER]:
                    other = next(a for a in credited if a is not hidden)
                    source = hide(client, originals[hidden["id"]], hidden, other)
                    counts["prints"] += 1
                    if source.get("kind") != "agency":
                        continue
                    counts["resolved"] += 1
                    right = source["name"] in named(hidden)
                    counts["right"] += right
                    if show and not right:
                        print("  %s: %s says %s, the rest %s (%.2f), as %s" % (
                            hidden["cluster"], hidden["id"], hidden["agencies"], source["name"], source["confidence"],
                            other["id"]))
        daemon.stop()


def run(build, shared):
    """Measures all corpora and prints the figures; False when accuracy misses its target."""
    os.environ["BUILD"] = os.path.abspath(build)
    sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
    import lib
    corpora = os.path.join(shared, "corpora")
    counts = collections.Counter()
    for name in sorted(os.listdir(corpora)):
        if name.endswith(".jsonl.zst"):
            measure(lib, build, os.path.join(corpora, name), bool(os.environ.get("ERRORS")), counts)
    coverage = 100 * counts["resolved"] / max(counts["prints"], 1)
    accuracy = 100 * counts["right"] / max(counts["resolved"], 1)
    met = accuracy >= ACCURACY or counts["resolved"] == 0
    print("hidden agencies: %d prints in %d clusters, resolved %.1f %%, of these right %.1f %%, target at least %.0f %%%s" %
          (counts["prints"], counts["clusters"], coverage, accuracy, ACCURACY, "" if met else "  MISSED"))
    return met


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(0 if run(sys.argv[1], sys.argv[2]) else 1)
