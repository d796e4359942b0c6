"""Reading a CSV file of 1,000,000 rows and 20 columns, drawn here, beside pandas. Both read the
whole file and find the types of its columns; the library also tells categories, dates, identifiers
and free texts apart. Times are of the call alone, each in a process of its own."""
import os
import subprocess

from result import OURS, judged, result
from turns import take_turns

TITLE = "A large CSV file"
PEER = "pandas"


def measure(bench):
    rows = 100000 if bench.quick else 1000000
    path = os.path.join(bench.scratch, "table.csv")
    script = [bench.python, bench.here("peer_csv.py")]
    subprocess.run([*script, "draw", path, str(rows)], check=True)
    library = os.path.join(bench.build, "lib", "libimgvec.so")
    peak = {}

    def way(name, *arguments):
        def seconds(_):
            text = subprocess.run([*script, *arguments], check=True, stdout=subprocess.PIPE,
                                  text=True).stdout
            taken, kilobytes = text.split()
            peak[name] = max(peak.get(name, 0), int(kilobytes) / 2**20)
            return float(taken)
        return seconds

    ways = {OURS: way(OURS, "imgvec", path, os.path.abspath(library)),
            PEER: way(PEER, "pandas", path)}
    seconds = take_turns(ways, min(3, bench.rounds))
    os.remove(path)
    limit = judged(peak[OURS], ("<=", 2))
    return [result(f"{rows} rows, 20 columns", "s", seconds, {PEER: ("<=", 2)},
                   {"peak memory, GiB": peak[OURS],
                    "limit": f"{limit['target']}{'' if limit['met'] else ', missed'}",
                    "pandas'": peak[PEER]})]
