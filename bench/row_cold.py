"""Opening a model file and scoring one photo, from the start of a process to its end, beside the
same in Python: torch, torchvision and XGBoost with the same weights, projection and trees."""
import csv
import json
import os
import subprocess
import zipfile

import photos
from result import OURS, result
from turns import Process, Wrong, take_turns

TITLE = "Start to first score"
PEER = "Python"
MOST_OFF = 1e-3  # of a probability


def train(bench, archive, path):
    subprocess.run([bench.imgvec, "train", archive, "-o", path, "--target", "label",
                    "--backbone", "mobilenetv2_035", "--weights",
                    bench.material("weights", "mobilenetv2_035.safetensors"), "--learner",
                    "xgboost", "--image-features", "projection", "--dim", "100", "--rounds", "100",
                    "--early-stopping-rounds", "0", "--folds", "2", "--calibrate", "off",
                    "--threads", str(bench.threads), "-q"], check=True, stdout=subprocess.DEVNULL)


def check(out, peer):
    with open(out, newline="") as f:
        row = next(csv.DictReader(f))
    ours = [float(v) for k, v in row.items() if k.startswith("p_")]
    theirs = json.loads(subprocess.run(peer, check=True, stdout=subprocess.PIPE).stdout)
    off = max(abs(a - b) for a, b in zip(ours, theirs))
    if len(ours) != len(theirs) or not off <= MOST_OFF:
        raise Wrong(f"probabilities are {off:.1e} off")


def measure(bench):
    archive = bench.material("data", "clothing_valid.zip")
    model, photo, out = (os.path.join(bench.scratch, n) for n in ("a.imgvec", "a.jpg", "a.csv"))
    folder = os.path.join(bench.scratch, "parts")
    train(bench, archive, model)
    with zipfile.ZipFile(model) as z:
        z.extractall(folder, [n for n in z.namelist()
                              if n.startswith(("net/", "block/", "learner/"))])
    with open(photo, "wb") as f:
        f.write(photos.jpegs(archive)[0][1])
    ways = {
        OURS: Process([bench.imgvec, "predict", model, photo, "-o", out, "--threads",
                       str(bench.threads), "-q"]),
        PEER: Process([bench.python, bench.here("peer_cold.py"), folder, str(bench.threads),
                       photo]),
    }
    ways[OURS].seconds()
    check(out, ways[PEER].command)
    seconds = take_turns({name: way.seconds for name, way in ways.items()}, 2 * bench.rounds)
    return [result("mobilenetv2_035, 100 dimensions, 100 rounds, 10 classes", "s", seconds,
                   {PEER: ("<=", 0.35)})]
