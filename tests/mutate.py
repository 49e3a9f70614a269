#!/usr/bin/python3 -B
"""Are the tests of libdup strong enough? Breaks daemon/core in one small place at a time and runs the tests.

usage: tests/mutate.py [--seed N] [--sample N] [--least PERCENT] [--jobs N] [--list] [FILE:LINE...]

Needs what `make tests` builds, with and without SAN=address,undefined. A mutant is one token of one line changed: a comparison, an operator, a number, a
condition turned round, a statement left out. All of them are many thousands, so --sample of them are drawn by --seed:
the same seed draws the same mutants of the same sources. Those that compile to the same machine code are no mutants
and are drawn again. A mutant is killed when the compiler refuses it with the project's warnings, or a unit test or a
timeline fails, crashes or hangs, or a sanitizer stops the unit tests that are nearest to its file. Each that survives is printed; exit 1 when less than --least per cent were killed.
FILE:LINE tries all mutants of a line in place of a sample.
"""
import argparse
import concurrent.futures
import glob
import hashlib
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = 40  # for one test; what takes longer hangs
MEMORY = 4 << 30  # and what takes more runs away
UNITS = ("version_words", "fold", "rules", "evidence", "agencies", "memory", "outlets", "credit_scan", "credit", "text", "compare", "fingerprint", "config")
REPLAY = "build/tests/replay/replay"
SANITIZED = "build-address-undefined/"
# Which is most likely to notice; the others follow.
NEAREST = {"agencies_trie": "credit", "block": "text", "scan_slow": "text", "quote": "text", "hosts": "outlets",
           "sections": "outlets", "secret": "fingerprint", "relate": "rules", "relation": "rules"}

SWAPS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
         "&&": ("||",), "||": ("&&",), "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "+=": ("-=",), "-=": ("+=",),
         "++": ("--",), "--": ("++",), "<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",), "|=": ("&=",), "&=": ("|=",)}
# Operators stand between blanks in these sources; ++ and -- do not.
OPERATOR = re.compile(r"(?<= )(<=|>=|==|!=|&&|\|\||\+=|-=|\|=|&=|<<|>>|[<>+*/&|-])(?= )|(\+\+|--)")
NUMBER = re.compile(r"(?<![\w.'\"])(\d+)(?=[\s;,)\]}:u]|$)")
CONDITION = re.compile(r"\b(if|while) \((?!.*\bfor\b)(.*)\)(?=\s*\{?$|\s*(?:return|break|continue)\b)")
STATEMENT = re.compile(r"^(\s+)([A-Za-z_][\w\[\]>.*-]*(?: [|&+-]?= .*|\(.*\)|\+\+|--));$")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)+\'')


def code_lines(text):
    """Numbers and lines that hold code of functions: no comments, no preprocessor, no declarations at the margin."""
    comment = False
    for number, line in enumerate(text.split("\n")):
        bare = line.strip()
        if comment or bare.startswith("/*"):
            comment = "*/" not in bare
            continue
        if line.startswith((" ", "\t")) and bare and not bare.startswith(("#", "static const", "const char", "struct ")):
            yield number, line


def mutants_of(line):
    """All changed forms of a line."""
    code = line.split("/*")[0].rstrip()
    masked = STRING.sub(lambda m: "\x00" * len(m.group()), code)
    for m in OPERATOR.finditer(masked):
        for other in SWAPS[m.group()]:
            yield line[:m.start()] + other + line[m.end():]
    for m in NUMBER.finditer(masked):
        yield line[:m.start()] + str(int(m.group()) + 1) + line[m.end():]
    m = CONDITION.search(masked)
    if m and m.group(2).count("(") == m.group(2).count(")"):
        yield line[:m.start(2)] + "!(" + line[m.start(2):m.end(2)] + ")" + line[m.end(2):]
    if STATEMENT.match(masked):
        yield re.sub(r"\S.*", ";", code, count=1)


def all_mutants(files):
    made = []
    for path in files:
        with open(os.path.join(ROOT, path)) as file:
            for number, line in code_lines(file.read()):
                made += [(path, number, line, mutant) for mutant in mutants_of(line)]
    return made


class Tree:
    """A copy of the sources and their build, in which one mutant after the other stands."""

    def __init__(self, directory):
        self.directory = directory
        shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns("build-[!a]*", ".git"), symlinks=True)
        self.original = {}
        failing = self.failing("")
        if failing:
            sys.exit("mutate: a test fails as it is: " + failing)

    def near(self, path):
        """The unit tests of a file."""
        name = os.path.basename(path)[:-2]
        return [unit for unit in UNITS if unit in (name, NEAREST.get(name, name.split("_")[0]))]

    def passes(self, command, sanitized):
        memory = {} if sanitized else {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))}
        environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:hard_rss_limit_mb=%d" % (MEMORY >> 20))
        try:
            return subprocess.run(command, cwd=self.directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=SECONDS * (5 if sanitized else 1), **memory).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def make(self, *arguments):
        return subprocess.run(["make", "-s", *arguments], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def failing(self, path):
        """The name of the first test that fails, the nearest to a file first; None when all pass."""
        near = self.near(path)
        for unit in sorted(UNITS, key=lambda unit: unit not in near):
            target = "build/tests/unit/test_" + unit
            if not self.make(target):
                return "compiler"
            if not self.passes([target], False):
                return "test_" + unit
        if not self.make(REPLAY):
            return "compiler"
        if not all(self.passes([REPLAY, timeline], False) for timeline in sorted(glob.glob(self.directory + "/tests/replay/*.timeline"))):
            return "timelines"
        for unit in near:
            target = SANITIZED + "tests/unit/test_" + unit
            if not self.make("SAN=address,undefined", target) or not self.passes([target], True):
                return "sanitizers"
        return None

    def code(self, path):
        """What the compiler makes of a file, without line numbers of any kind; None when it refuses it."""
        done = subprocess.run("cc -std=c11 -O2 -Iinclude -Idaemon -D_GNU_SOURCE -DDUPD_VERSION='\"\"' -DDUPD_SYSCONFDIR='\"\"' -DNDEBUG"
                              " -w -S -o - " + path, shell=True, cwd=self.directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return None if done.returncode else hashlib.sha256(done.stdout).digest()

    def verdict(self, mutant):
        """What killed it, "same" for the same machine code, None for a survivor."""
        path, number, line, changed = mutant
        if path not in self.original:
            self.original[path] = self.code(path)
        full = os.path.join(self.directory, path)
        with open(full) as file:
            text = file.read()
        lines = text.split("\n")
        lines[number] = changed
        try:
            with open(full, "w") as file:
                file.write("\n".join(lines))
            code = self.code(path)
            if code is None:
                return "compiler"
            if code == self.original[path]:
                return "same"
            return self.failing(path)
        finally:
            with open(full, "w") as file:
                file.write(text)


def work(tree, waiting, wanted, results):
    """Takes mutants until enough are judged."""
    while waiting and len(results) < wanted:
        mutant = waiting.pop()
        verdict = tree.verdict(mutant)
        if verdict == "same":
            continue
        results.append((mutant, verdict))
        if verdict is None:
            path, number, line, changed = mutant
            print("survived  %s:%d\n    - %s\n    + %s" % (path, number + 1, line.strip(), changed.strip()), flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sample", type=int, default=150)
    options.add_argument("--least", type=float, default=85)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at a time (the number of processors)")
    options.add_argument("--list", action="store_true", help="print all mutants and try none")
    options.add_argument("places", nargs="*", metavar="FILE:LINE")
    options = options.parse_args()
    files = sorted(os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "daemon/core/*.c")))
    mutants = all_mutants(files)
    total = len(mutants)
    if options.places:
        mutants = [m for m in mutants if "%s:%d" % (m[0], m[1] + 1) in options.places]
        options.sample = len(mutants)
    else:
        random.Random(options.seed).shuffle(mutants)
    if options.list:
        for path, number, _, changed in mutants:
            print("%s:%d: %s" % (path, number + 1, changed.strip()))
        return 0
    begin, results = time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="mutate") as directory:
        trees = [Tree(os.path.join(directory, str(i))) for i in range(max(1, options.jobs))]
        with concurrent.futures.ThreadPoolExecutor(len(trees)) as pool:
            for future in [pool.submit(work, tree, mutants, options.sample, results) for tree in trees]:
                future.result()
    killed = sum(1 for _, verdict in results if verdict)
    if not results:
        sys.exit("mutate: there is no mutant to try")
    by = sorted({v for _, v in results if v})
    print("by " + ", ".join("%s %d" % (name, sum(1 for _, v in results if v == name)) for name in by))
    share = 100 * killed / len(results)
    print("%d of %d mutants killed, %.1f %%; seed %d, a sample of %d in all; %.0f s" %
          (killed, len(results), share, options.seed, total, time.monotonic() - begin))
    return 0 if share >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
