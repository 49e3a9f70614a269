"""A machine for tests: a real systemd as process 1 in namespaces of its own, over a minimal Debian.

The root is made once with mmdebstrap (it needs the network then) and kept in $DUPD_TEST_CACHE
(default: /var/cache/dupd-tests); each machine gets a copy with the package's files installed. Where
the kernel or the network do not allow one, `why_not` says so and the tests that need it are skipped.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "integration"))
import lib

CACHE = os.environ.get("DUPD_TEST_CACHE", "/var/cache/dupd-tests")
SUITE = "bookworm"
PACKAGES = ("systemd,systemd-sysv,dbus,procps,libuv1,liblmdb0,libjson-c5,libutf8proc2,libxxhash0,libinih1,"
            "libsmartcols1,libzstd1,zlib1g,libsystemd0")

# Runs in the new namespaces, becomes process 1. $1: the root.
INIT = r"""
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mkdir -p .old dev proc sys run tmp
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
for node in null zero full random urandom tty; do
    : >dev/$node
    mount --bind /dev/$node dev/$node
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
pivot_root . .old
umount -l /.old
# Private mounts would leave credentials and PrivateTmp of the services empty.
mount --make-rshared /
exec /usr/bin/env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --show-status=no
"""


def cgroup2():
    """Where the unified hierarchy is mounted, None without one."""
    with open("/proc/mounts") as file:
        for line in file:
            fields = line.split()
            if fields[2] == "cgroup2" and os.access(fields[1], os.W_OK):
                return fields[1]
    return None


def why_not():
    """The reason why no machine can be had here; None when it can. Makes the root when it is not there."""
    if os.geteuid() != 0:
        return "needs root, for namespaces and a root directory"
    if not cgroup2():
        return "no cgroup2 hierarchy is mounted for a machine of its own"
    probe = subprocess.run(["unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", "--net", "--cgroup", "sh", "-c",
                            "mount --make-rprivate / && mount -t tmpfs tmpfs /mnt && mount -t cgroup2 cgroup2 /mnt"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if probe.returncode:
        return "the kernel allows no namespaces: " + probe.stdout.strip()
    return make_root()


def make_root():
    root = os.path.join(CACHE, "root-" + SUITE)
    if os.path.exists(root):
        return None
    if not shutil.which("mmdebstrap"):
        return "mmdebstrap is not installed"
    os.makedirs(CACHE, exist_ok=True)
    part = tempfile.mkdtemp(prefix="part-", dir=CACHE)
    done = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--include=" + PACKAGES, SUITE,
                           os.path.join(part, "root")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode == 0:
        os.rename(os.path.join(part, "root"), root)
    shutil.rmtree(part, ignore_errors=True)
    return None if done.returncode == 0 else "no root could be made: " + " ".join(done.stdout.split()[-30:])


class Machine:
    def __init__(self, directory):
        self.root = os.path.join(directory, "root")
        self.console = os.path.join(directory, "console")
        subprocess.run(["cp", "-a", "--reflink=auto", os.path.join(CACHE, "root-" + SUITE), self.root], check=True)
        with open(os.path.join(self.root, "etc/machine-id"), "w"):
            pass
        self.process = None

    def install(self):
        """The package's files, as `make install` lays them out."""
        done = subprocess.run(["make", "-C", lib.ROOT, "install", "DESTDIR=" + self.root], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise AssertionError("make install:\n" + done.stdout)

    def write(self, path, text):
        path = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def read(self, path):
        with open(os.path.join(self.root, path.lstrip("/"))) as file:
            return file.read()

    def boot(self):
        self.cgroup = os.path.join(cgroup2(), "dupd-test-%d" % os.getpid())
        os.mkdir(self.cgroup)

        def enter():
            with open(os.path.join(self.cgroup, "cgroup.procs"), "w") as file:
                file.write("0")
        with open(self.console, "wb") as console:
            self.process = subprocess.Popen(
                ["unshare", "--pid", "--fork", "--mount", "--uts", "--ipc", "--net", "--cgroup", "--kill-child",
                 "sh", "-c", INIT, "sh", self.root],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, preexec_fn=enter, start_new_session=True)
        lib.until(lambda: self._booted(), 60)

    def _children(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            return file.read().split()

    def _booted(self):
        if self.process.poll() is not None:
            with open(self.console, errors="replace") as file:
                raise AssertionError("the machine ended while it booted:\n" + file.read())
        children = self._children()
        if not children:
            return False
        self.pid = int(children[0])
        state = self.run("systemctl", "is-system-running", check=False).strip()
        return state in ("running", "degraded")

    def run(self, *command, user=None, check=True, timeout=60):
        """Runs a command in the machine; its output, errors included."""
        if user:
            command = ("runuser", "-u", user, "--") + command
        done = subprocess.run(["nsenter", "-t", str(self.pid), "-a", "--"] + list(command), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, text=True,
                              errors="replace", env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        if check and done.returncode:
            raise AssertionError("%s: exit code %d\n%s\n%s" % (" ".join(command), done.returncode, done.stdout,
                                                              self.journal()))
        return done.stdout

    def fails(self, *command, **rest):
        """The output of a command that must fail."""
        try:
            output = self.run(*command, **rest)
        except AssertionError as error:
            return str(error)
        raise AssertionError("%s should have failed:\n%s" % (" ".join(command), output))

    def show(self, unit, name):
        """A property of a unit."""
        return self.run("systemctl", "show", "-p", name, "--value", unit).strip()

    def journal(self):
        try:
            return self.run("journalctl", "--no-pager", "-n", "60", check=False)
        except (subprocess.SubprocessError, OSError):
            return ""

    def path(self, path):
        """A path of the machine as seen from outside, its own mounts included."""
        return "/proc/%d/root%s" % (self.pid, path)

    def off(self):
        if self.process and self.process.poll() is None:
            for number in (signal.SIGRTMIN + 4, signal.SIGKILL):  # power off, in order and else at once
                try:
                    os.kill(self.pid, number)
                    self.process.wait(20)
                    break
                except subprocess.TimeoutExpired:
                    self.process.kill()
                except ProcessLookupError:
                    break
            self.process.wait(20)
        self._remove_cgroup()

    def _remove_cgroup(self):
        def gone():
            for directory, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(directory)
                except OSError:
                    return False
            return True
        try:
            lib.until(gone, 10)
        except AssertionError:
            print("the control group %s stays behind" % self.cgroup)


def need():
    """Ends the script with the reason, as a test that is skipped, when no machine can be had."""
    begin = time.monotonic()
    reason = why_not()
    if reason:
        print(reason)
        sys.exit(77)
    print("root ready after %.1f s" % (time.monotonic() - begin), flush=True)
