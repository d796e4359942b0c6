#!/usr/bin/python3
"""Real photos through real weights: features of this library against torchvision's on the
pixels that PIL prepares, and how well a linear model tells classes by them.

usage: parity.py IMGVEC TRAIN.zip VALID.zip WEIGHTS_FOLDER [--images N] [--json]

The archives hold a folder for each class, WEIGHTS_FOLDER mobilenetv2_035.safetensors. Ends with 1
when a feature is more than 1e-4 off or accuracy is below 0.77."""
import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import torch
from PIL import Image

from peer import mobilenetv2_035

MOST_OFF = 1e-4
LEAST_ACCURACY = 0.77


def embed(imgvec, archive, folder):
    """Member names and features, by this library."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "features.csv")
        subprocess.run([imgvec, "embed", archive, "-o", out, "--backbone", "mobilenetv2_035",
                        "--weights-dir", folder, "-q"], check=True,
                       stdout=subprocess.DEVNULL)
        with open(out, newline="") as f:
            rows = list(csv.DictReader(f))
    columns = [c for c in rows[0] if c not in ("row", "image", "label", "status")]
    names = [r["image"].rsplit("!/", 1)[-1] for r in rows]
    return names, torch.tensor([[float(r[c]) for c in columns] for r in rows])


def reference(archive, names, weights):
    net, transform = mobilenetv2_035(weights)
    rows = []
    with zipfile.ZipFile(archive) as z, torch.inference_mode():
        for name in names:
            image = Image.open(io.BytesIO(z.read(name))).convert("RGB")
            rows.append(net.features(transform(image)[None]).mean([2, 3])[0])
    return torch.stack(rows)


def labels(names, classes):
    return torch.tensor([classes.index(n.split("/")[-2]) for n in names])


def probe(train, train_labels, valid, valid_labels, classes):
    """Accuracy of multinomial logistic regression on standardised features."""
    mean, std = train.mean(0), train.std(0) + 1e-6
    train, valid = (train - mean) / std, (valid - mean) / std
    weight = torch.zeros(train.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(train @ weight + bias, train_labels)
        value = value + 0.01 * weight.square().sum() / 2
        value.backward()
        return value

    optimizer.step(loss)
    with torch.inference_mode():
        return float(((valid @ weight + bias).argmax(1) == valid_labels).float().mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("imgvec")
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("weights_folder")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    weights = os.path.join(options.weights_folder, "mobilenetv2_035.safetensors")
    for needed in (options.train, options.valid, weights):
        if not os.path.exists(needed):
            print(f"# SKIPPED: {needed} is not there", file=sys.stderr)
            return 77
    names, train = embed(options.imgvec, options.train, options.weights_folder)
    valid_names, valid = embed(options.imgvec, options.valid, options.weights_folder)
    picks = list(range(0, len(names), max(1, len(names) // options.images)))[: options.images]
    wanted = reference(options.train, [names[i] for i in picks], weights)
    off = train[picks] - wanted
    classes = sorted({n.split("/")[-2] for n in names})
    result = {
        "images": len(picks),
        "values": wanted.numel(),
        "most_off": float(off.abs().max()),
        "relative_l2": float(off.norm() / wanted.norm()),
        "train": len(names),
        "valid": len(valid_names),
        "accuracy": probe(train, labels(names, classes), valid, labels(valid_names, classes),
                          len(classes)),
    }
    good = result["most_off"] <= MOST_OFF and result["accuracy"] >= LEAST_ACCURACY
    if options.json:
        json.dump(result, sys.stdout, indent=2)
    else:
        print(f"mobilenetv2_035, {result['images']} photos, {result['values']} features: at most "
              f"{result['most_off']:.1e} off (limit {MOST_OFF:.0e}), relative L2 distance "
              f"{result['relative_l2']:.1e}")
        print(f"  linear probe, {result['train']} photos to learn from, {result['valid']} to judge: "
              f"accuracy {result['accuracy']:.3f} (at least {LEAST_ACCURACY})")
    return 0 if good else 1


sys.exit(main())
