#!/usr/bin/python3
"""Reads a CSV file of 1,000,000 rows and 20 columns, drawn here, with this library and with
pandas, in turn, and prints both medians, their ratio and the library's peak memory.

usage: csv_file.py LIBIMGVEC_SO [--rows N] [--runs N] [--json]

Both read the whole file and find the types of its columns (the library also tells categories,
dates, identifiers and free texts apart). Times are of the call alone, each in a process of its
own. Exit status 1 when the library takes more than twice as long as pandas or 2 GiB."""
import argparse
import ctypes
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

WORDS = ("house garden quiet street large bright view new kitchen near park old lovely south "
         "lake floor wood stone renovated double").split()


def draw(path, rows):
    """Ten columns of numbers, and categories, codes, booleans, dates, ids and texts."""
    r = random.Random(7)
    names = [f"n{i}" for i in range(10)] + ["colour", "city", "code", "flag", "day", "moment",
                                            "id", "text", "price", "gap"]
    colours = ["red", "green", "blue", "black", "white"]
    cities = [f"city {i}" for i in range(400)]
    with open(path, "w") as out:
        out.write(",".join(names) + "\n")
        for row in range(rows):
            cells = [str(r.randrange(100000)) for _ in range(5)]
            cells += [f"{r.random() * 1000:.6f}" for _ in range(5)]
            cells += [r.choice(colours), r.choice(cities), f"C{r.randrange(50000)}",
                      r.choice(("yes", "no")),
                      f"20{r.randrange(10, 24)}-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}",
                      f"2020-{r.randrange(1, 13):02}-{r.randrange(1, 29):02}T"
                      f"{r.randrange(24):02}:{r.randrange(60):02}:00",
                      f"user{row}", '"' + " ".join(r.choices(WORDS, k=8)) + ', and more"',
                      f"{r.gauss(500000, 100000):.2f}", str(row) if r.random() > 0.3 else ""]
            out.write(",".join(cells) + "\n")


def read_ours(library, path):
    lib = ctypes.CDLL(library)
    context, dataset = ctypes.c_void_p(), ctypes.c_void_p()
    error = ctypes.create_string_buffer(1024)
    if lib.imgvec_context_new(ctypes.byref(context), error) != 0:
        raise SystemExit("no context")
    begin = time.time()
    if lib.imgvec_dataset_open(context, path.encode(), None, None, ctypes.byref(dataset),
                               error) != 0:
        raise SystemExit(error.raw[16:].split(b"\0")[0].decode())
    return time.time() - begin


def read_pandas(path):
    import pandas
    begin = time.time()
    pandas.read_csv(path)
    return time.time() - begin


def child(way, library, path):
    taken = read_ours(library, path) if way == "imgvec" else read_pandas(path)
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        return child(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    seconds, peak = {"imgvec": [], "pandas": []}, {"imgvec": 0, "pandas": 0}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.csv")
        draw(path, options.rows)
        size = os.path.getsize(path)
        for _ in range(options.runs):
            for way in seconds:
                output = subprocess.run([sys.executable, __file__, "--child", way,
                                         os.path.abspath(options.library), path],
                                        stdout=subprocess.PIPE, check=True, text=True).stdout
                taken, kilobytes = output.split()
                seconds[way].append(float(taken))
                peak[way] = max(peak[way], int(kilobytes) * 1024)
    median = {way: statistics.median(values) for way, values in seconds.items()}
    result = {"rows": options.rows, "bytes": size, "seconds": median, "peak_bytes": peak,
              "ratio": median["imgvec"] / median["pandas"]}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{options.rows} rows x 20 columns, {size / 1e6:.0f} MB, median of {options.runs}")
        for way in median:
            print(f"  {way:8} {median[way]:6.2f} s, peak {peak[way] / 2**20:.0f} MiB")
        print(f"  imgvec takes {result['ratio']:.2f} times as long as pandas")
    return 0 if result["ratio"] <= 2 and peak["imgvec"] <= 2 * 2**30 else 1


if __name__ == "__main__":
    sys.exit(main())
