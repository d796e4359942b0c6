#!/usr/bin/python3
"""Embeds a zip of photos with this library and with the usual Python stack, in turn, on the
same number of threads, and prints both medians and their ratio.

usage: embed.py IMGVEC ARCHIVE WEIGHTS_FOLDER [--runs N] [--threads N] [--json]

The backbone is mobilenetv2_035; WEIGHTS_FOLDER holds mobilenetv2_035.safetensors. Times are
of whole processes, start and reading of weights included, since that is what a user waits for."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def timed(command, environment):
    begin = time.time()
    result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return time.time() - begin, result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("imgvec")
    parser.add_argument("archive")
    parser.add_argument("weights_folder")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    weights = os.path.join(options.weights_folder, "mobilenetv2_035.safetensors")
    for needed in (options.archive, weights):
        if not os.path.exists(needed):
            print(f"# SKIPPED: {needed} is not there", file=sys.stderr)
            return 77
    threads = str(options.threads)
    environment = dict(os.environ, OMP_NUM_THREADS=threads)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out.npy")
        ways = {
            "imgvec": [options.imgvec, "embed", options.archive, "-o", out, "--backbone",
                       "mobilenetv2_035", "--weights-dir", options.weights_folder, "--threads",
                       threads, "-q"],
            "python": [sys.executable, os.path.join(HERE, "peer_embed.py"), options.archive,
                       weights, threads, "0"],
            "python, decoding ahead": [sys.executable, os.path.join(HERE, "peer_embed.py"),
                                       options.archive, weights, threads, threads],
        }
        seconds = {name: [] for name in ways}
        images = 0
        for _ in range(options.runs):
            for name, command in ways.items():
                taken, output = timed(command, environment)
                seconds[name].append(taken)
                if name == "python":
                    images = json.loads(output)["images"]
    result = {"images": images, "threads": options.threads, "runs": options.runs}
    ours = statistics.median(seconds["imgvec"])
    for name, values in seconds.items():
        middle = statistics.median(values)
        result[name] = {"median_s": middle, "min_s": min(values), "max_s": max(values),
                        "images_s": images / middle, "time_over_ours": middle / ours}
    if options.json:
        json.dump(result, sys.stdout, indent=2)
        return 0
    print(f"{images} images to features, mobilenetv2_035, {options.threads} threads, "
          f"median of {options.runs} runs in turn")
    for name in ways:
        r = result[name]
        print(f"  {name:24} {r['median_s']:7.2f} s ({r['min_s']:.2f} - {r['max_s']:.2f})  "
              f"{r['images_s']:7.1f} images/s  {r['time_over_ours']:.2f} x our time")
    return 0


sys.exit(main())
