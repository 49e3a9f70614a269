"""Failure as a parameter: a library under the daemon that makes calls fail and notes what reached the disk.

See tests/fault/preload.c. Amounts are small by default; the long form sets them in the environment
(make torture).
"""
import mmap
import os
import struct
import unittest

import lib

PRELOAD = os.path.join(lib.BUILD, "tests/fault/preload.so")
KINDS = ("alloc", "write", "sync", "thread", "open")


def amount(name, short):
    """How often: $NAME, or the short form's figure."""
    return int(os.environ.get(name) or short)


def seed():
    """$SEED, or one and the same; said, so that a failure can be had again."""
    value = amount("SEED", 1)
    print("SEED=%d" % value)
    return value


def needs_preload():
    if not os.path.exists(PRELOAD):
        raise unittest.SkipTest("no library to put under a sanitized daemon")


def operations(news, n):
    """(id, text or None for a delete): new articles, copies, later versions, deletes."""
    rng, alive, texts, done = news.random, [], [], []
    for i in range(n):
        draw = rng.random()
        if alive and draw < 0.08:
            done.append((alive.pop(rng.randrange(len(alive))), None))
            continue
        text = news.sentences(8)
        if texts and draw < 0.6:
            text = rng.choice(texts)[:rng.randrange(4, 9)] + text[:rng.randrange(1, 3)]
        texts.append(text)
        name = alive[rng.randrange(len(alive))] if alive and draw < 0.2 else "a%d" % i
        if name not in alive:
            alive.append(name)
        done.append((name, " ".join(text)))
    return done


def request(name, text, outlets=9):
    """An operation as a request; which outlet follows from the text."""
    if text is None:
        return {"op": "delete", "article": name}
    return {"id": name, "outlet": "o%d.example" % (len(text) % outlets), "title": "Of " + name, "body": text,
            "published": "2024-03-02T06:00:00Z"}


class Faults:
    """What a test and the daemon under the library share. Give env() to the daemon."""

    def __init__(self, directory):
        needs_preload()
        self.path = os.path.join(directory, "faults")
        with open(self.path, "wb") as file:
            file.write(bytes(4096))
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 4096)

    def env(self, record=None):
        env = {"LD_PRELOAD": PRELOAD, "DUPD_FAULT": self.path}
        if record:
            env["DUPD_RECORD"] = record
        return env

    def _get(self, place):
        return struct.unpack_from("q", self.page, 8 * place)[0]

    def _set(self, place, value):
        struct.pack_into("q", self.page, 8 * place, value)

    def count(self, kind):
        """How many calls of the kind there have been."""
        return self._get(4 * KINDS.index(kind))

    def fail(self, kind, nth, error, times=1):
        """The nth call from now on (1: the next), and so many in all, fail with an errno."""
        place = 4 * KINDS.index(kind)
        self._set(place + 1, 0)
        self._set(place + 2, times)
        self._set(place + 3, error)
        self._set(place + 1, self._get(place) + nth)

    def mend(self, kind):
        """No call fails any more. Whether one has."""
        place = 4 * KINDS.index(kind)
        failed = 0 < self._get(place + 1) <= self._get(place)
        self._set(place + 1, 0)
        return failed

    def move_clock(self, seconds):
        self._set(4 * len(KINDS), int(seconds * 1000))
