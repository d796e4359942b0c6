"""Time and memory as the number of images grows: pictures of 64 x 64 from a zip, no two the same,
to features in a file, whole processes, mobilenetv2_035. 100,000 images with --full alone."""
import os

import photos
from result import OURS, judged, result
from turns import Process

TITLE = "Scale"
GIB = 1 << 30


def measure(bench):
    source = bench.material("data", "clothing_valid.zip")
    weights = bench.material("weights", "mobilenetv2_035.safetensors")
    counts = [1000] if bench.quick else [1000, 10000, 100000] if bench.full else [1000, 10000]
    if 100000 not in counts:
        bench.skip("scale: 100,000 images (--full)")
    results = []
    for count in counts:
        archive = photos.made(bench, "small", source, count)
        out = os.path.join(bench.scratch, "out.npy")
        process = Process([bench.imgvec, "embed", archive, "-o", out, "--backbone",
                           "mobilenetv2_035", "--weights", weights, "--threads",
                           str(bench.threads), "-q"])
        seconds = [process.seconds() for _ in range(1 if count > 1000 else 3)]
        limit = judged(process.peak / GIB, ("<=", 1))
        results.append(result(
            f"{count} pictures", "ms an image", {OURS: [1000 * s / count for s in seconds]},
            more={"peak memory, GiB": process.peak / GIB,
                  "limit": f"{limit['target']}{'' if limit['met'] else ', missed'}",
                  "of that the features": os.path.getsize(out) / GIB}))
        bench.say(results[-1])
        os.remove(archive)
    return results
