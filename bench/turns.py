"""Programs that are compared take turns, so that what else happens on the machine falls on all of
them. A server prints "ready", then answers each line of its input, a number of seconds, with the
units of work that it did in about that time and the seconds that they took."""
import os
import shutil
import statistics
import subprocess
import tempfile
import time


class Failed(Exception):
    """A program ended with an error."""


class Wrong(Exception):
    """The ways that are compared do not compute the same."""


FAILURES = (Failed, Wrong, OSError, subprocess.SubprocessError)


def name_of(command):
    return " ".join(os.path.basename(word) for word in command[:4])


class Server:
    def __init__(self, command):
        self.command, self.opened = command, False
        self.process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{name_of(self.command)} ended with status {self.process.wait()}")
        return line.split()

    def open(self):
        """Waits until it is ready."""
        if not self.opened and self.line() != ["ready"]:
            raise Failed(f"{name_of(self.command)} did not get ready")
        self.opened = True

    def __call__(self, seconds):
        """Units of work a second."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        units, taken = map(float, self.line())
        return units / taken

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Process:
    """A program that is timed from its start to its end, with a cache of its own each time."""

    def __init__(self, command, units=1):
        self.command, self.units, self.peak = command, units, 0

    def seconds(self, _=0):
        cache = tempfile.mkdtemp(prefix="imgvec-bench-cache-")
        begin = time.perf_counter()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                   env=dict(os.environ, XDG_CACHE_HOME=cache))
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        shutil.rmtree(cache)
        if process.returncode:
            raise Failed(f"{name_of(self.command)} ended with status {process.returncode}")
        self.peak = max(self.peak, usage.ru_maxrss * 1024)
        return taken

    def __call__(self, _):
        """Units of work a second."""
        return self.units / self.seconds()


def take_turns(ways, rounds, seconds=0):
    """ways: name -> callable(seconds) that gives a rate. name -> the rates of all rounds. Each
    round begins with another way. Servers are closed in the end."""
    names = list(ways)
    rates = {name: [] for name in names}
    servers = [way for way in ways.values() if isinstance(way, Server)]
    try:
        for server in servers:
            server.open()
        for r in range(rounds):
            for name in names[r % len(names):] + names[: r % len(names)]:
                rates[name].append(ways[name](seconds))
    finally:
        for server in servers:
            server.close()
    return rates


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
