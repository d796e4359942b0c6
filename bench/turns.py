"""Programs that are compared take turns, so that what else happens on the machine falls on all of
them. A server prints "ready", then answers each line of its input, a number of seconds, with the
units of work that it did in about that time and the seconds that they took."""
import statistics
import subprocess
import time


class Failed(Exception):
    pass


class Server:
    def __init__(self, command, environment=None):
        self.command = command
        self.process = subprocess.Popen(command, env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.line() != "ready":
            raise Failed(f"{command[0]} did not get ready")

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{' '.join(self.command[:3])} ended with status {self.process.wait()}")
        return line.strip()

    def __call__(self, seconds):
        """Units of work a second."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        units, taken = map(float, self.line().split())
        return units / taken

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Process:
    """A program that is timed from its start to its end; work units a second."""

    def __init__(self, command, units=1, environment=None):
        self.command, self.units, self.environment = command, units, environment

    def __call__(self, seconds):
        begin = time.perf_counter()
        result = subprocess.run(self.command, env=self.environment, stdout=subprocess.PIPE)
        if result.returncode:
            raise Failed(f"{' '.join(self.command[:3])} ended with status {result.returncode}")
        return self.units / (time.perf_counter() - begin)

    def close(self):
        pass


def take_turns(ways, rounds, seconds=0):
    """ways: name -> callable(seconds) that gives a rate. name -> the rates of all rounds. Each
    round begins with another way; all are closed."""
    names = list(ways)
    rates = {name: [] for name in names}
    try:
        for r in range(rounds):
            for name in names[r % len(names):] + names[: r % len(names)]:
                rates[name].append(ways[name](seconds))
    finally:
        for way in ways.values():
            way.close()
    return rates


def summary(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}
