#!/usr/bin/python3
"""Measures how fast dupd is, how large it grows, and whether that stays so: one command, one table.

usage: run.py --build DIR [--shared DIR] [--count N] [--work DIR] [--keep] [--store DIR] [--option NAME=VALUE ...]

Fills a store with N generated articles (tests/bench/generate; default 200000) through the socket, with
durable commits, and measures an import of 100,000 before and after. The state is in a directory of its
own in --work (default: the build directory), so the disk is the one that is measured; it needs about
4 KB for each article. Figures of time are of whatever else the machine does, too.
"""
import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

SLICE = 100000      # articles of a measured import
CREDITED = "40"     # per cent of most stories' prints that sign with an agency
SAMPLE = 4000       # copies looked up to see whether their original was found
TICKS = os.sysconf("SC_CLK_TCK")
rows = []


def say(what, figure, target="", share=""):
    rows.append((what, figure, target, share))
    print("%-58s %22s  %-22s %s" % rows[-1], flush=True)


class Daemon:
    def __init__(self, args, directory, *options):
        self.args, self.directory = args, directory
        self.socket = os.path.join(directory, "sock")
        self.state = os.path.join(directory, "state")
        self.command = [os.path.join(args.build, "dupd"), "--state-dir", self.state, "--socket", self.socket,
                        "--agencies", "conf/agencies.conf", "--outlets", "conf/outlets.conf", "--log-level", "warning"] + list(options)
        for option in args.option:
            name, value = option.split("=", 1)
            self.command += ["--" + name, value]
        self.start()

    def start(self, *options):
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command + list(options))
        while True:
            try:
                self.ask(op="ping")
                return time.monotonic() - begin
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("bench: dupd did not start")
                time.sleep(0.005)

    def ask(self, **request):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(self.socket)
            peer.sendall(json.dumps(request).encode() + b"\n")
            with peer.makefile("rb") as answers:
                return json.loads(answers.readline())

    def ask_all(self, requests):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(self.socket)
            with peer.makefile("rb") as answers:
                for at in range(0, len(requests), 100):
                    part = requests[at:at + 100]
                    peer.sendall(b"".join(json.dumps(r).encode() + b"\n" for r in part))
                    for _ in part:
                        yield json.loads(answers.readline())

    def stats(self):
        return self.ask(op="stats")["stats"]

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return {name: int(value) / 1024 for name, value in re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M)}

    def end(self, hard=False):
        (self.process.kill if hard else self.process.terminate)()
        self.process.wait()


def tool(args, name):
    return os.path.join(args.build, "tests", "bench", name)


def generate(args, skip, count, to, labels=None):
    command = [tool(args, "generate"), "--skip", str(skip), "--count", str(count), "--credited", CREDITED]
    subprocess.run(command + (["--labels", labels] if labels else []), stdout=to, check=True)


def run_import(daemon, file, source=None):
    """Imports file ("-": what source writes) with dupctl. Rate, and CPU microseconds an article of both programs."""
    before, cpu = os.times(), daemon.cpu()
    done = subprocess.run([os.path.join(daemon.args.build, "dupctl"), "--socket", daemon.socket, "import", file, "--json",
                           "--quiet"], stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    answer = json.loads(done.stdout.decode().splitlines()[-1])
    after = os.times()
    count = sum(answer["status"].values())
    ctl = after.children_user + after.children_system - before.children_user - before.children_system
    return {"rate": count / answer["seconds"], "seconds": answer["seconds"], "count": count,
            "dupd_us": (daemon.cpu() - cpu) * 1e6 / count, "ctl_us": ctl * 1e6 / count}


def show_import(what, result, target):
    cores = (result["dupd_us"] + result["ctl_us"]) / 1e6 * result["rate"]
    say(what, "%.0f articles/s" % result["rate"], target,
        "CPU an article: dupd %.0f us, dupctl %.0f us; %.2f cores busy" % (result["dupd_us"], result["ctl_us"], cores))


def sync_time(directory):
    """Milliseconds of writing 64 KB and syncing it, median: what the disk takes of each commit."""
    times = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(50):
            file.write(b"x" * 65536)
            begin = time.monotonic()
            file.flush()
            os.fsync(file.fileno())
            times.append(time.monotonic() - begin)
    return sorted(times)[25] * 1000


def latency(daemon, lines, *options):
    done = subprocess.run([tool(daemon.args, "latency"), "--socket", daemon.socket] + list(options), stdin=lines,
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def show_latency(what, result, target):
    say(what, "p50 %.2f  p99 %.2f ms" % (result["p50_us"] / 1000, result["p99_us"] / 1000), target,
        "of %d, longest %.1f ms" % (result["count"], result["max_us"] / 1000))


def recall(daemon, labels):
    """Share of copies whose cluster is their original's, or that are linked to it, by kind of change."""
    with open(labels, encoding="utf-8") as file:
        copies = [line.rstrip("\n").split("\t") for line in file if "\tnew\t" not in line]
    copies = copies[::max(1, len(copies) // SAMPLE)]
    requests = [{"op": "article", "article": name} for row in copies for name in (row[0], row[2])]
    answers = iter(daemon.ask_all(requests))
    found = {}
    for _, kind, _ in copies:
        copy, original = next(answers).get("article", {}), next(answers).get("article", {})
        joined = copy.get("cluster") is not None and copy.get("cluster") == original.get("cluster")
        linked = not joined and copy.get("relation") not in (None, "original")
        counts = found.setdefault(kind, [0, 0, 0])
        counts[0] += 1
        counts[1] += joined or linked
        counts[2] += joined
    return {kind: (n, 100 * seen / n, 100 * joined / n) for kind, (n, seen, joined) in found.items()}


def show_recall(what, result):
    for kind in sorted(result):
        n, seen, joined = result[kind]
        say("%s, %s copies: matched / joined" % (what, kind), "%.2f / %.2f %%" % (seen, joined), "", "of %d" % n)


def libdup(args):
    done = subprocess.run([tool(args, "fingerprint")], stdout=subprocess.PIPE, check=True).stdout.decode()
    rates = {(language, stage): float(rate) for language, stage, rate in
             re.findall(r"^(\w+) +\d+ +\d+ +(\w[\w ]*?) +[\d.]+ +(\d+) ", done, re.M)}
    english = rates["English", "all"]
    say("libdup alone, English, one core", "%.0f articles/s" % english, ">= 60,000",
        "tokens %.0f %% of the time" % (100 * english / rates["English", "tokens"]))
    for language in sorted({language for language, _ in rates} - {"English"}):
        rate = rates[language, "all"]
        say("libdup alone, %s" % language, "%.0f articles/s" % rate, ">= a third of English", "%.2f of English" % (rate / english))


def corpora(args, directory):
    folder = os.path.join(args.shared, "corpora")
    names = sorted(os.listdir(folder)) if args.shared and os.path.isdir(folder) else []
    if not names:
        say("corpora of real text", "not there", "", args.shared or "")
        return
    daemon = Daemon(args, os.path.join(directory, "corpora"))
    count = seconds = 0
    for name in names:
        result = run_import(daemon, os.path.join(folder, name))
        count, seconds = count + result["count"], seconds + result["seconds"]
        show_import("import of %s (%d)" % (name.split(".")[0], result["count"]), result, "")
    say("import of the corpora (%d)" % count, "%.0f articles/s" % (count / seconds), ">= 15,000")
    disk(daemon, "corpora, text kept", "")
    daemon.end()


def disk(daemon, what, target):
    store = daemon.stats()["store"]
    say("disk an article, %s" % what, "%.0f bytes" % (store["used_bytes"] / store["articles"]), target,
        "%.2f GB in all, %.1f %% of it free pages" % (store["used_bytes"] / 1e9, 100 - 100 * store["live_bytes"] / store["used_bytes"]))


def report(daemon, op):
    """Seconds to the first row of a report over all prints, and to its end."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(daemon.socket)
        begin = time.monotonic()
        peer.sendall(json.dumps({"op": op, "limit": 50}).encode() + b"\n")
        with peer.makefile("rb") as answers:
            line = answers.readline()
            first = time.monotonic() - begin
            while "row" in json.loads(line):
                line = answers.readline()
    return first, time.monotonic() - begin


def reports(daemon, slice_file):
    """Each report alone, and again while an import runs, on the same store."""
    for when in ("", ", while an import runs"):
        thread = threading.Thread(target=lambda: run_import(daemon, slice_file))
        if when:
            thread.start()
        for op in ("top", "outlets", "agencies", "owners", "graph"):
            times = [report(daemon, op) for _ in range(5)]
            first, whole = (sorted(t[i] for t in times)[2] * 1000 for i in (0, 1))
            say("report %s%s" % (op, when), "first %.0f  all %.0f ms" % (first, whole), "all <= 2000 ms",
                "longest %.0f ms%s" % (max(t[1] for t in times) * 1000, "" if not when or thread.is_alive() else "; the import had ended"))
        if when:
            thread.join()


class Feed:
    """Slices of the generated stream, one after another, as files with what each article is."""
    def __init__(self, args, directory):
        self.args, self.directory, self.at = args, directory, 0

    def take(self, count):
        name = os.path.join(self.directory, "slice%d" % self.at)
        with open(name, "wb") as to:
            generate(self.args, self.at, count, to, name + ".labels")
        self.at += count
        return name


def fill_up(daemon, feed, count):
    """Not measured as an import: the generator runs beside it, and nothing waits for the disk."""
    feed.at = daemon.stats()["store"]["articles"]
    if feed.at >= count:
        return
    daemon.end()
    daemon.start("--durability", "interval", "--sync-interval", "60s")
    source = subprocess.Popen([tool(daemon.args, "generate"), "--skip", str(feed.at), "--count", str(count - feed.at), "--credited", CREDITED],
                              stdout=subprocess.PIPE)
    result = run_import(daemon, "-", source.stdout)
    source.wait()
    feed.at = count
    show_import("fill up to %d, synced once a minute" % count, result, "")
    daemon.end()
    daemon.start()


def grown(daemon, feed, count, before):
    """The same import into a large store, beside the figures of that into a small one."""
    fill_up(daemon, feed, count)
    stored = feed.at
    slice_file = feed.take(SLICE)
    result = run_import(daemon, slice_file)
    show_import("import, durable, %d stored" % stored, result, ">= 70 % of the above")
    say("  share of the rate at 100 thousand", "%.0f %%" % (100 * result["rate"] / before["rate"]), ">= 70 %",
        "by processor time: %.0f %%" % (100 * (before["dupd_us"] + before["ctl_us"]) / (result["dupd_us"] + result["ctl_us"])))
    show_recall("at %d" % stored, recall(daemon, slice_file + ".labels"))


def stages(daemon):
    """Where the last import's time went."""
    stats = daemon.stats()
    whole = sum(stats["stages"].values())
    for name, us in stats["stages"].items():
        say("  stage %s" % name[:-3], "%.1f us an article" % (us / max(stats["writer"]["requests"], 1)), "", "%.0f %% of all" % (100 * us / max(whole, 1)))


def filled(args, directory):
    feed = Feed(args, directory)
    daemon = Daemon(args, os.path.join(directory, "main"))
    say("sync of 64 KB on this disk", "%.2f ms" % sync_time(directory))
    first = feed.take(SLICE)
    show_import("import, durable, into an empty store", run_import(daemon, first), "")
    slice_file = feed.take(SLICE)
    second = run_import(daemon, slice_file)
    show_import("import, durable, 100 thousand stored", second, ">= 20,000")
    stages(daemon)
    show_recall("at 100 thousand", recall(daemon, slice_file + ".labels"))
    if args.store:
        daemon.end()
        daemon = Daemon(args, args.store)
    if args.store or args.count > 2 * SLICE:
        grown(daemon, feed, args.count, second)
    with open(feed.take(3000), "rb") as lines:
        show_latency("one article at a time, idle", latency(daemon, lines, "--count", "3000"), "p99 <= 3 ms")
    beside = feed.take(SLICE)
    with open(feed.take(3000), "rb") as lines:
        result = {}
        thread = threading.Thread(target=lambda: result.update(run_import(daemon, beside)))
        thread.start()
        show_latency("one article at a time while an import runs",
                     latency(daemon, lines, "--pause", "5", "--seconds", "4"), "p99 <= 50 ms")
        thread.join()
    writer = daemon.stats()["writer"]
    if "longest_us" in writer:
        say("longest stall: a batch with its commit", "%.0f ms" % (writer["longest_us"] / 1000), "<= 100 ms",
            "of %d batches" % writer["batches"])
        say("longest stall: a step of the index", "%.0f ms" % (writer["longest_step_us"] / 1000), "<= 100 ms",
            "of %d steps" % writer["steps"])
    times = []
    for _ in range(21):
        begin = time.monotonic()
        daemon.ask(op="clusters", limit=50)
        times.append(time.monotonic() - begin)
    say("clusters, first page of 50", "%.2f ms" % (sorted(times)[10] * 1000), "<= 10 ms", "longest %.2f ms" % (max(times) * 1000))
    reports(daemon, feed.take(SLICE))
    disk(daemon, "text kept", "<= 2,200")
    memory = daemon.memory()
    say("memory of its own (anonymous)", "%.0f MB" % memory["RssAnon"], "<= index-memory + 300",
        "%.0f MB more of the mapped store are in the page cache; most at a time %.0f MB" % (memory["RssFile"], memory["VmHWM"]))
    daemon.end(hard=True)
    say("start after kill -9, until it answers", "%.2f s" % daemon.start(), "<= 10 s", "%d articles" % daemon.stats()["store"]["articles"])
    daemon.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--shared", default="")
    parser.add_argument("--count", type=int, default=2 * SLICE)
    parser.add_argument("--work", default="")
    parser.add_argument("--keep", action="store_true", help="leave the state of the large store behind")
    parser.add_argument("--store", default="", help="a directory that --keep left behind: measure on its store, filled up to the count")
    parser.add_argument("--option", action="append", default=[], help="an option for dupd, as name=value")
    args = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="bench-", dir=args.work or args.build)
    try:
        for name in ("main", "corpora", "lean"):
            os.mkdir(os.path.join(directory, name))
        print("%-58s %22s  %-22s %s" % ("what", "measured", "target", "share"))
        libdup(args)
        filled(args, directory)
        daemon = Daemon(args, os.path.join(directory, "lean"), "--keep-text", "no")
        run_import(daemon, os.path.join(directory, "slice0"))
        disk(daemon, "text not kept", "<= 1,200")
        daemon.end()
        corpora(args, directory)
    finally:
        if args.keep:
            print("left behind: " + os.path.join(directory, "main"))
        else:
            shutil.rmtree(directory)


main()
