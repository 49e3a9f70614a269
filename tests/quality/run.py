#!/usr/bin/python3
"""Measures dupd's decisions on labelled news: imports each corpus through the socket, exports the
clusters, and compares them with labelled pairs; beside them what plain SimHash and MinHash would say.
Then what each rule gains and costs, a cross-validated figure, the same articles in other orders, and
recall by kind of change on generated copies; credits, and agencies that a print hides and others name.

usage: run.py BUILD_DIR SHARED_DIR [SECTION...]
sections: pairs rules orders changes credits hidden (default: all)
SHARED_DIR holds corpora/NAME.jsonl.zst (one article a line: id, outlet, url, title, body, published)
and gold/pairs.tsv (corpus, id_a, id_b, label, confidence, why), gold/strict.tsv (corpus, id_a, id_b, ...).
ERRORS=1 lists the pairs that are decided otherwise than they are labelled.
"""
import collections
import csv
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time

SAME = {"COPY", "ABRIDGED", "UPDATE"}
JOINS = {"exact", "copy", "abridged", "extended", "update"}
NAMED = {"COPY": {"exact", "copy", "update"}, "ABRIDGED": {"abridged", "extended", "copy", "update"},
         "UPDATE": {"update", "extended", "copy", "abridged"}, "PARTIAL": {"partial", "quote", "extended"},
         "QUOTE": {"quote", "original"}, "TEMPLATE": {"template", "original"}, "FURNITURE": {"original"},
         "ROUNDUP": {"roundup", "original"}, "UNRELATED": {"original"}}
APART = ("TEMPLATE", "FURNITURE", "UNRELATED")
PARTS = ("QUOTE", "ROUNDUP")
# The store's secret decides which values are kept of a text: figures are means over several.
SECRETS = ("first", "second", "third")
ORDERS = 10
FOLDS = 5
HIDDEN = 5  # prints of one cluster that are hidden, so that no large cluster decides the figure


class Daemon:
    """A dupd of its own with a fresh state directory."""

    def __init__(self, build, directory, secret):
        self.path = os.path.join(directory, "sock")
        self.ctl = [os.path.join(build, "dupctl"), "--socket", self.path]
        self.process = subprocess.Popen(
            [os.path.join(build, "dupd"), "--state-dir", os.path.join(directory, "state"), "--socket", self.path,
             "--agencies", "conf/agencies.conf", "--outlets", "conf/outlets.conf", "--secret", secret], stderr=subprocess.DEVNULL)
        while subprocess.run(self.ctl + ["ping"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            if self.process.poll() is not None:
                sys.exit("quality: dupd did not start")
            time.sleep(0.02)

    def run(self, *arguments):
        return subprocess.run(self.ctl + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=False).stdout.decode()

    def ask(self, requests):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(self.path)
            stream = peer.makefile("rwb")
            for request in requests:
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()
                yield json.loads(stream.readline())

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


def sure(rows):
    return [row for row in rows if row["confidence"] == "3"]


def share(rows, decide):
    return 100 * sum(bool(decide(row)) for row in rows) / max(len(rows), 1)


def mean(values):
    values = list(values)
    return sum(values) / max(len(values), 1)


# ---- the daemon's decisions on the labelled pairs ----------------------------------------------

def measure(build, shared, corpus, pairs, strict, secret):
    """Adds to each row: same (cluster), and for labelled pairs the comparison of the two."""
    with tempfile.TemporaryDirectory() as directory:
        daemon = Daemon(build, directory, secret)
        daemon.run("import", "--quiet", os.path.join(shared, "corpora", corpus + ".jsonl.zst"))
        articles = {a["id"]: a for a in map(json.loads, daemon.run("export", "--json").splitlines())}
        for row in pairs + strict:
            a, b = articles.get(row["id_a"]), articles.get(row["id_b"])
            row["same"] = bool(a and b and a["cluster"] == b["cluster"])
        requests = [{"op": "compare", "a": row["id_a"], "b": row["id_b"]} for row in pairs]
        for row, answer in zip(pairs, daemon.ask(requests)):
            row["compare"] = answer
        daemon.stop()


def labelled(shared):
    gold = os.path.join(shared, "gold")
    return read(os.path.join(gold, "pairs.tsv")), read(os.path.join(gold, "strict.tsv"))


def corpora(rows):
    return sorted({row["corpus"] for row in rows})


def named_right(row):
    return row["compare"].get("relation") in NAMED[row["label"]]


def section_pairs(build, shared):
    pairs, strict = [], []  # the rows of all runs
    for secret in SECRETS:
        rows, computed = labelled(shared)
        for corpus in corpora(rows + computed):
            measure(build, shared, corpus, [r for r in rows if r["corpus"] == corpus],
                    [r for r in computed if r["corpus"] == corpus], secret)
        pairs += rows
        strict += computed
    methods = [("dupd, same cluster", lambda r: r["same"])]
    for most in (3, 6):
        methods.append(("SimHash, Hamming <= %d" % most,
                        lambda r, most=most: r["compare"].get("simhash_distance", 64) <= most))
    for least in (0.5, 0.7):
        methods.append(("MinHash, Jaccard >= %.1f" % least,
                        lambda r, least=least: r["compare"].get("minhash_jaccard", 0) >= least))
    print("Same copy or not: %d pairs, mean over %d secrets\n" % (len(pairs) // len(SECRETS), len(SECRETS)))
    print("%-26s %28s %28s" % ("decision", "all: precision recall F1", "sure: precision recall F1"))
    for name, decide in methods:
        print("%-26s %14.3f %6.3f %6.3f %14.3f %6.3f %6.3f" % ((name,) + f1(pairs, decide) + f1(sure(pairs), decide)))
    for corpus in corpora(pairs):
        print("  %-24s %14.3f %6.3f %6.3f" % ((corpus,) + f1([r for r in pairs if r["corpus"] == corpus], methods[0][1])))
    print("\n%-12s %6s %8s %14s" % ("label", "pairs", "merged", "named right"))
    for label in NAMED:
        rows = [row for row in pairs if row["label"] == label]
        print("%-12s %6d %7.1f%% %13.1f%%" % (label, len(rows) // len(SECRETS), share(rows, lambda r: r["same"]),
                                             share(rows, named_right)))
    for labels in (APART, PARTS):
        rows = [row for row in pairs if row["label"] in labels]
        print("merged of %s: %.1f %%" % (", ".join(labels), share(rows, lambda r: r["same"])))
    print("relation named right: %.1f %%" % share(pairs, named_right))
    print("strict pairs found: %.4f of %d" % (share(strict, lambda r: r["same"]) / 100, len(strict) // len(SECRETS)))
    if os.environ.get("ERRORS"):
        for row in pairs:
            if row["label"] != "PARTIAL" and row["same"] != (row["label"] in SAME):
                print(row["corpus"], row["id_a"], row["id_b"], row["label"], row["confidence"],
                      row["compare"].get("relation"), row["compare"].get("why"), row["why"], sep="\t")


# ---- the engine alone: rules, orders, kinds of change -------------------------------------------

class Corpora:
    """The corpora unpacked, for the tool that decides without a daemon."""

    def __init__(self, build, shared, directory, names):
        self.tool = os.path.join(build, "tests", "quality", "decide")
        self.files = {}
        for name in names:
            self.files[name] = os.path.join(directory, name + ".jsonl")
            with open(self.files[name], "wb") as out:
                subprocess.run(["zstd", "-dcq", os.path.join(shared, "corpora", name + ".jsonl.zst")], stdout=out, check=True)

    def decide(self, name, *options):
        """Clusters by article, and (relation, rule, candidate) by pair."""
        with open(self.files[name], "rb") as articles:
            lines = subprocess.run([self.tool] + list(options), stdin=articles, stdout=subprocess.PIPE,
                                   check=True).stdout.decode().splitlines()
        fields = [line.split("\t") for line in lines]
        return ({f[1]: f[2] for f in fields if f[0] == "article"},
                {(f[1], f[2]): f[3:] for f in fields if f[0] == "pair"})


def write_pairs(path, rows):
    with open(path, "w", encoding="utf-8") as out:
        out.writelines("%s\t%s\n" % row for row in rows)


def decisions(data, directory, rows, off):
    """The rows with same and relation as the engine decides with some rules off."""
    path = os.path.join(directory, "pairs")
    result = [dict(row) for row in rows]
    for corpus in corpora(rows):
        mine = [row for row in result if row["corpus"] == corpus]
        write_pairs(path, [(row["id_a"], row["id_b"]) for row in mine])
        clusters, found = data.decide(corpus, "--pairs", path, *(["--off", off] if off else []))
        for row in mine:
            a, b = clusters.get(row["id_a"]), clusters.get(row["id_b"])
            row["same"] = a is not None and a == b
            row["compare"] = {"relation": found.get((row["id_a"], row["id_b"]), ["unknown"])[0]}
    return result


def section_rules(build, shared):
    rows, _ = labelled(shared)
    with tempfile.TemporaryDirectory() as directory:
        data = Corpora(build, shared, directory, corpora(rows))
        listing = subprocess.run([data.tool, "--off", "?"], stdout=subprocess.PIPE, check=False).stdout.decode()
        runs = {"": decisions(data, directory, rows, "")}
        for rule in listing.split():
            runs[rule] = decisions(data, directory, rows, rule)
    same = lambda r: r["same"]
    print("\nRules: what is lost (-) or won (+) when one is switched off\n")
    print("%-12s %8s %8s %18s %14s %8s" % ("rule", "F1 all", "F1 sure", "apart merged, %", "parts merged", "named"))

    def figures(run):
        return (f1(run, same)[2], f1(sure(run), same)[2], share([r for r in run if r["label"] in APART], same),
                share([r for r in run if r["label"] in PARTS], same), share(run, named_right))
    base = figures(runs[""])
    print("%-12s %8.3f %8.3f %18.1f %14.1f %8.1f" % (("all on",) + base))
    for rule, run in runs.items():
        if rule:
            print("%-12s %+8.3f %+8.3f %+18.1f %+14.1f %+8.1f" % ((rule,) + tuple(x - y for x, y in zip(figures(run), base))))
    # Which rules to keep is chosen on four fifths of the pairs and measured on the rest.
    places = list(range(len(rows)))
    random.Random(1).shuffle(places)
    held = []
    for fold in range(FOLDS):
        test = set(places[fold::FOLDS])
        best = max(runs, key=lambda rule: f1([r for i, r in enumerate(runs[rule]) if i not in test], same)[2])
        held += [runs[best][i] for i in test]
    print("cross-validated over %d folds (the best set of rules of the others): F1 %.3f, sure %.3f"
          % (FOLDS, f1(held, same)[2], f1(sure(held), same)[2]))
    held = []
    for corpus in corpora(rows):
        best = max(runs, key=lambda rule: f1([r for r in runs[rule] if r["corpus"] != corpus], same)[2])
        held += [r for r in runs[best] if r["corpus"] == corpus]
    print("the same, each corpus by the others: F1 %.3f, sure %.3f" % (f1(held, same)[2], f1(sure(held), same)[2]))


def rand_index(a, b):
    """Adjusted Rand index of two clusterings of the same articles (Hubert and Arabie 1985)."""
    def pairs(sizes):
        return sum(n * (n - 1) / 2 for n in sizes)
    both = pairs(collections.Counter((a[k], b[k]) for k in a).values())
    x, y = pairs(collections.Counter(a.values()).values()), pairs(collections.Counter(b.values()).values())
    expected = x * y / (len(a) * (len(a) - 1) / 2)
    most = (x + y) / 2
    return (both - expected) / (most - expected) if most != expected else 1.0


def section_orders(build, shared):
    rows, strict = labelled(shared)
    print("\nOther orders: agreement (adjusted Rand index) of %d shuffles with the given order\n" % ORDERS)
    print("%-18s %8s %8s" % ("corpus", "mean", "least"))
    with tempfile.TemporaryDirectory() as directory:
        data = Corpora(build, shared, directory, corpora(rows + strict))
        for name in data.files:
            given = data.decide(name)[0]
            values = [rand_index(given, data.decide(name, "--order", str(order))[0]) for order in range(1, ORDERS + 1)]
            print("%-18s %8.4f %8.4f" % (name, mean(values), min(values)))


def section_changes(build, _shared):
    print("\nKinds of change: generated copies (20,000 articles each), how many are found\n")
    print("%-34s %8s %10s %10s" % ("change", "copies", "candidate", "cluster"))
    generator = os.path.join(build, "tests", "bench", "generate")
    for words in (500, 200):
        for furnished in (0, 100):
            with tempfile.TemporaryDirectory() as directory:
                labels, articles = os.path.join(directory, "labels"), os.path.join(directory, "generated.jsonl")
                with open(articles, "wb") as out:
                    subprocess.run([generator, "--count", "20000", "--words", str(words), "--furnished", str(furnished),
                                    "--labels", labels], stdout=out, check=True)
                with open(labels, encoding="utf-8") as file:
                    copies = [line.split() for line in file if line.split()[1] != "new"]
                data = Corpora(build, "", directory, [])
                data.files["generated"] = articles
                write_pairs(os.path.join(directory, "pairs"), [(c[0], c[2]) for c in copies])
                clusters, found = data.decide("generated", "--pairs", os.path.join(directory, "pairs"))
                for kind in ("exact", "edited", "cut"):
                    mine = [c for c in copies if c[1] == kind]
                    name = "%s of %d words%s" % (kind, words, ", furnished" if furnished else "")
                    print("%-34s %8d %10.4f %10.4f" % (
                        name, len(mine), mean(found[c[0], c[2]][2] == "1" for c in mine),
                        mean(clusters[c[0]] == clusters[c[2]] for c in mine)))


def section_credits(build, shared):
    sys.stdout.flush()
    subprocess.run([os.path.join(build, "tests", "quality", "credits"), shared], check=False)


# ---- hidden agencies ------------------------------------------------------------------------------

def said(article):
    """The agencies that a print itself names."""
    return set(article["agencies"].split("+")) - {"generic"} if article["claim"] != "none" else set()


def bodies(path):
    """The articles of a corpus by id, as they were sent."""
    lines = subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=True).stdout.splitlines()
    return {article["id"]: article for article in map(json.loads, lines)}


def hide(daemon, original, other):
    """What the source of the cluster of other is said to be while original is away."""
    deleted, answer, added = daemon.ask([{"op": "delete", "id": "d", "article": original["id"]},
                                         {"op": "cluster", "id": "c", "article": other, "limit": 1}, original])
    if "error" in deleted or "error" in added:
        sys.exit("quality: %s could not be taken away and put back" % original["id"])
    return answer["source"]


def hidden_in(build, shared, corpus, counts):
    path = os.path.join(shared, "corpora", corpus + ".jsonl.zst")
    with tempfile.TemporaryDirectory() as directory:
        daemon = Daemon(build, directory, SECRETS[0])
        daemon.run("import", "--quiet", path)
        originals, clusters = bodies(path), collections.defaultdict(list)
        for article in map(json.loads, daemon.run("export", "--json").splitlines()):
            if said(article):
                clusters[article["cluster"]].append(article)
        for members in clusters.values():
            if len(members) < 2:
                continue
            counts["clusters"] += 1
            for hidden in members[:HIDDEN]:
                other = next(a["id"] for a in members if a is not hidden)
                source = hide(daemon, originals[hidden["id"]], other)
                right = source["kind"] == "agency" and source["name"] in said(hidden)
                counts["prints"] += 1
                counts["resolved"] += source["kind"] == "agency"
                counts["right"] += right
                if os.environ.get("ERRORS") and source["kind"] == "agency" and not right:
                    print(corpus, hidden["id"], hidden["agencies"], source["name"], source["confidence"], sep="\t")
        daemon.stop()


def section_hidden(build, shared):
    counts = collections.Counter()
    for corpus in corpora(sum(labelled(shared), [])):
        hidden_in(build, shared, corpus, counts)
    accuracy = 100 * counts["right"] / max(counts["resolved"], 1)
    print("\nHidden agencies: a print that names one is taken away, and the rest of its cluster asked\n")
    print("%d prints in %d clusters: resolved %.1f %%, of these right %.1f %% (target at least 97 %%)%s" % (
        counts["prints"], counts["clusters"], 100 * counts["resolved"] / max(counts["prints"], 1), accuracy,
        "" if accuracy >= 97 else "  MISSED"))


SECTIONS = {"pairs": section_pairs, "rules": section_rules, "orders": section_orders, "changes": section_changes,
            "credits": section_credits, "hidden": section_hidden}


def main():
    if len(sys.argv) < 3 or set(sys.argv[3:]) - set(SECTIONS):
        sys.exit(__doc__)
    build, shared = sys.argv[1:3]
    if not os.path.exists(os.path.join(shared, "gold", "pairs.tsv")):
        print("quality: there is no %s/gold/pairs.tsv: give your own labelled pairs with make quality SHARED=DIR\n%s"
              % (shared, __doc__))
        return
    for name in sys.argv[3:] or SECTIONS:
        SECTIONS[name](build, shared)
        sys.stdout.flush()


main()
