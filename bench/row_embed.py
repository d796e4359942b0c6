"""Photos from a zip to features in a file, whole processes from start to end, with
mobilenetv2_035, beside PIL, torchvision's transforms and torch in eager mode, which computes and
decodes in turn, or decodes ahead in as many worker processes as there are threads."""
import os

import photos
from result import OURS, result
from turns import Process, take_turns

TITLE = "Photos to features"
PEERS = {"Python": 0, "Python, decoding ahead": None}


def ways(bench, archive, count):
    weights = bench.material("weights", "mobilenetv2_035.safetensors")
    threads = str(bench.threads)
    ours = Process([bench.imgvec, "embed", archive, "-o", os.path.join(bench.scratch, "out.npy"),
                    "--backbone", "mobilenetv2_035", "--weights", weights, "--threads", threads,
                    "-q"], count)
    return {OURS: ours, **{
        name: Process([bench.python, bench.here("peer_embed.py"), archive, weights, threads,
                       threads if workers is None else str(workers)], count)
        for name, workers in PEERS.items()}}


def measure(bench):
    name = "clothing_valid.zip" if bench.quick else "clothing_train.zip"
    source = bench.material("data", name)
    large = photos.made(bench, "large", source, bench.large)
    results = []
    for work, archive, count, target in (
            (name, source, len(photos.jpegs(source)), 4),
            (f"{bench.large} photos of 4000 x 3000", large, bench.large, 6)):
        rates = take_turns(ways(bench, archive, count), min(3, bench.rounds))
        results.append(result(work, "images/s", rates, {p: (">=", target) for p in PEERS}))
        bench.say(results[-1])
    return results
