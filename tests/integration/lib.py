"""What the integration tests share: a daemon in a private directory, a client, invented news.

A script defines classes derived from Case and ends with lib.main(). It finds the build in $BUILD
(default: build/), a private directory in $TMP (default: made and removed), and the sanitizer in $SAN.
Readiness is the daemon's own sd_notify message, its end a pidfd: nothing here waits for a fixed time.
"""
import ctypes
import fcntl
import json
import os
import pty
import random
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

ROOT = os.environ.get("ROOT") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(ROOT, "build")
SAN = os.environ.get("SAN", "")
PATIENCE = 30 * (5 if SAN else 1)  # seconds after which something that should have happened has not

PASS_SOCKET = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


class Daemon:
    """A dupd over DIR/state and DIR/sock. Options follow as strings; a config is the text of a file."""

    def __init__(self, directory, *options, config=None, socket_path=None, limits=None, env=None, listen=None):
        self.directory = directory
        self.state = os.path.join(directory, "state")
        self.socket = socket_path or os.path.join(directory, "sock")
        self.config = os.path.join(directory, "dupd.conf")
        self.log_path = os.path.join(directory, "log")
        self.options = list(options)
        self.limits = limits or {}
        self.env = env or {}
        self.listen = listen
        self.process = None
        self.write_config(config)

    def write_config(self, text):
        self.has_config = text is not None
        if self.has_config:
            with open(self.config, "w") as file:
                file.write(text)

    def command(self):
        command = [os.path.join(BUILD, "dupd"), "--state-dir", self.state, "--socket", self.socket]
        if self.has_config:
            command += ["--config", self.config]
        if not any(o.startswith("--agencies") for o in self.options):
            command += ["--agencies", os.path.join(ROOT, "conf/agencies.conf")]
        if not any(o.startswith("--outlets") for o in self.options):
            command += ["--outlets", os.path.join(ROOT, "conf/outlets.conf")]
        return command + self.options

    def _before_exec(self):
        # A daemon must not outlive a test that dies.
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        for which, value in self.limits.items():
            resource.setrlimit(which, (value, resource.getrlimit(which)[1]))

    def start(self):
        """Starts it and returns when it is ready; fails the test when it ends instead."""
        code = self.launch()
        if code is not None:
            raise AssertionError("dupd ended with %d instead of starting:\n%s" % (code, self.log()))
        return self

    def launch(self):
        """Starts it. None when it is ready, or the exit code when it ended before."""
        notify_path = os.path.join(self.directory, "notify")
        if os.path.exists(notify_path):
            os.unlink(notify_path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(self.log_path, "ab") as log:
            notify.bind(notify_path)
            env = dict(os.environ, NOTIFY_SOCKET=notify_path, **self.env)
            command = self.command()
            passed = ()
            if self.listen is not None:
                # As systemd does it: from descriptor 3 on, with the process's own id.
                env["LISTEN_FDS"] = "1"
                passed = (self.listen.fileno(),)
                command = [sys.executable, "-c", PASS_SOCKET, str(self.listen.fileno())] + command
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                                            preexec_fn=self._before_exec, pass_fds=passed)
            self.pidfd = os.pidfd_open(self.process.pid)
            deadline = time.monotonic() + PATIENCE
            while True:
                left = deadline - time.monotonic()
                ready, _, _ = select.select([notify, self.pidfd], [], [], max(left, 0))
                if notify in ready:
                    if b"READY=1" in notify.recv(4096):
                        return None
                elif ready:
                    return self.wait()
                else:
                    raise AssertionError("dupd did not become ready:\n" + self.log())

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        signal.pidfd_send_signal(self.pidfd, number)

    def wait(self, patience=PATIENCE):
        """Its exit code, once it has ended."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError("dupd did not end within %d s:\n%s" % (patience, self.log())) from None
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None
        return code

    def stop(self):
        """Ends it in order; its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def memory(self):
        """Bytes of memory that are its own: resident, without pages of the store's file."""
        with open("/proc/%d/status" % self.process.pid) as file:
            for line in file:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no RssAnon")

    def client(self):
        return Client(self.socket)

    def run(self, *options):
        """Runs dupd to its end with other options over the same state: (exit code, output)."""
        done = subprocess.run(self.command() + list(options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, text=True, errors="replace")
        return done.returncode, done.stdout


class Terminal:
    """A command on a terminal of its own."""

    MARK = "\x1c the command has ended \x1c"

    def __init__(self, command, env, columns=120, stdin=None):
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a bare root without /dev/pts
            raise unittest.SkipTest("no terminals here: %s" % error) from None
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(command, stdin=stdin or theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True)
        self.ended = os.pidfd_open(self.process.pid)
        self.ours, self.theirs, self.output = ours, theirs, ""

    def _read(self):
        """What the command wrote next; False once it has ended and all of it was read. Our own hold on its side
        stays open till then, and a mark follows its last byte: a closed terminal may forget what nobody has read."""
        ready, _, _ = select.select([self.ours] + ([self.ended] if self.theirs is not None else []), [], [], PATIENCE)
        if self.ours in ready:
            self.output += os.read(self.ours, 65536).decode(errors="surrogateescape").replace("\r\n", "\n")
        elif self.ended in ready:
            os.write(self.theirs, self.MARK.encode())
            os.close(self.theirs)
            self.theirs = None
        else:
            raise AssertionError("nothing for %d s after:\n%s" % (PATIENCE, self.output))
        if not self.output.endswith(self.MARK):
            return True
        self.output = self.output[:-len(self.MARK)]
        return False

    def until(self, pattern):
        while not re.search(pattern, self.output):
            if not self._read():
                raise AssertionError("ended without %s:\n%s" % (pattern, self.output))

    def wait(self):
        while self._read():
            pass
        os.close(self.ours)
        os.close(self.ended)
        return self.process.wait(PATIENCE)


class Client:
    """One connection. Requests are objects or raw bytes (a line without its line feed)."""

    def __init__(self, path, patience=PATIENCE):
        self.patience = patience
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(patience)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.received = b""
        self.lines = []  # complete lines that nobody has taken yet

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, *requests):
        self.socket.sendall(b"".join(line(r) for r in requests))

    def _take(self, data):
        parts = (self.received + data).split(b"\n")
        self.received = parts.pop()
        self.lines += parts

    def receive_bytes(self):
        """The next line as it came, or None at the end of the stream."""
        while not self.lines:
            data = self.socket.recv(1 << 18)
            if not data:
                return None
            self._take(data)
        return self.lines.pop(0)

    def receive(self):
        raw = self.receive_bytes()
        return None if raw is None else json.loads(raw)

    def ask(self, request):
        self.send(request)
        reply = self.receive()
        if reply is None:
            raise AssertionError("the connection was closed instead of answering %r" % (request,))
        return reply

    def ask_all(self, requests):
        """Sends all, reading meanwhile; a reply for each, fewer when the connection ends early."""
        waiting = memoryview(b"".join(line(r) for r in requests))
        replies = []
        self.socket.setblocking(False)
        try:
            while len(replies) < len(requests):
                if self.lines:
                    replies += [json.loads(raw) for raw in self.lines[:len(requests) - len(replies)]]
                    del self.lines[:len(replies)]
                    continue
                can_read, can_write, _ = select.select([self.socket], [self.socket] if waiting else [], [],
                                                       self.patience)
                if not can_read and not can_write:
                    raise AssertionError("no answer after %d of %d" % (len(replies), len(requests)))
                if can_write:
                    waiting = waiting[self.socket.send(waiting):]
                if can_read:
                    data = self.socket.recv(1 << 18)
                    if not data:
                        break
                    self._take(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.socket.settimeout(self.patience)
        return replies

    def export(self, **options):
        """Every article by its id; checks the count that ends the stream."""
        self.send(dict(options, op="export", id="export"))
        articles = {}
        while True:
            reply = self.receive()
            if "article" not in reply:
                break
            articles[reply["article"]["id"]] = reply["article"]
        assert reply == {"id": "export", "done": True, "articles": len(articles)}, reply
        return articles

    def is_closed(self):
        """Reads to the end of the stream; False when none comes."""
        try:
            while self.receive_bytes() is not None:
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def line(request):
    return (request if isinstance(request, bytes) else json.dumps(request).encode()) + b"\n"


def words_of(text):
    """The words of a text as dupd counts them, for scripts with blanks between words."""
    return re.findall(r"\w+", text.lower())


def until(condition, patience=PATIENCE):
    """Asks until the condition holds; its value."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("never came true")
        select.select([], [], [], 0.005)


WORDS = """harbour bridge council engine winter orchard market minister valley ferry museum teacher signal river
copper lantern railway clinic festival garden barrel compass granite village library station meadow captain
window island summit carpet bakery tunnel violin forest mirror shelter anchor pepper canyon turbine ladder
saddle cabinet donor quarry sailor temple velvet whistle yellow zinc acorn bishop candle dairy elbow fabric
glacier hammer ivory jacket kettle lemon magnet needle oyster pillow quilt ribbon silver thunder umbrella
vessel walnut yarn announced repaired counted opened carried promised refused measured planted collected
painted delivered rejected visited borrowed finished crossed questioned welcomed inspected early quietly
northern southern narrow broken heavy public former second local wooden crowded distant careful sudden
ordinary annual modest empty steep bright muddy after before during without against beneath beside toward
because although while whenever nearly almost seldom twice again together outside later""".split()


class News:
    """Invented articles, the same for the same seed; two of them share no six words but by accident."""

    def __init__(self, seed=1):
        self.random = random.Random(seed)

    def sentence(self, words=14):
        text = " ".join(self.random.choice(WORDS) for _ in range(words))
        return text[0].upper() + text[1:] + "."

    def sentences(self, n, words=14):
        return [self.sentence(words) for _ in range(n)]

    def body(self, n=10):
        return " ".join(self.sentences(n))

    def article(self, name, n=10, **fields):
        return dict({"id": name, "outlet": "post.example", "title": self.sentence(6),
                     "published": "2024-03-02T06:00:00Z", "body": self.body(n)}, **fields)


class Case(unittest.TestCase):
    """A test with an empty directory and daemons that it need not stop."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="d", dir=os.environ.get("TMP"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.daemons = []
        self.addCleanup(self._end_daemons)

    def daemon(self, *options, start=True, **rest):
        daemon = Daemon(self.directory, *options, **rest)
        self.daemons.append(daemon)
        return daemon.start() if start else daemon

    def _end_daemons(self):
        for daemon in self.daemons:
            if daemon.alive():
                self.assertEqual(daemon.stop(), 0, "exit code of dupd:\n" + daemon.log())
            log = daemon.log() if os.path.exists(daemon.log_path) else ""
            self.assertNotRegex(log, "Sanitizer|runtime error:", "a sanitizer spoke")

    def client(self, daemon):
        client = daemon.client()
        self.addCleanup(client.close)
        return client

    def assertRefused(self, reply, code, field=None):
        self.assertIn("error", reply, reply)
        self.assertEqual(reply["error"]["code"], code, reply)
        if field is not None:
            self.assertEqual(reply["error"].get("field"), field, reply)
        self.assertTrue(reply["error"]["message"], reply)


def main():
    unittest.main(verbosity=2)
