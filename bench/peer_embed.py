#!/usr/bin/python3
"""The usual Python way from a zip of photos to features: PIL, torchvision transforms and an
eager torch network. Prints the seconds that each part took, as JSON.

usage: peer_embed.py ARCHIVE WEIGHTS.safetensors THREADS [WORKERS]

WORKERS 0 decodes and computes in turn; more are DataLoader processes that decode ahead."""
import io
import json
import sys
import time
import zipfile

started = time.time()
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from peer import mobilenetv2_035


class Photos(Dataset):
    def __init__(self, path, transform):
        self.path, self.transform, self.archive = path, transform, None
        with zipfile.ZipFile(path) as z:
            self.names = sorted(n for n in z.namelist() if n.endswith((".jpg", ".png")))

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        if self.archive is None:
            self.archive = zipfile.ZipFile(self.path)
        with self.archive.open(self.names[index]) as f:
            return self.transform(Image.open(io.BytesIO(f.read())).convert("RGB"))


def main():
    archive, weights, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    workers = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    torch.set_num_threads(threads)
    net, transform = mobilenetv2_035(weights)
    ready = time.time()
    rows = []
    with torch.inference_mode():
        for batch in DataLoader(Photos(archive, transform), batch_size=16, num_workers=workers):
            rows.append(net.features(batch).mean([2, 3]))
    features = torch.cat(rows)
    done = time.time()
    json.dump({"images": len(features), "start": ready - started, "embed": done - ready,
               "sum": float(features.double().abs().sum())}, sys.stdout)


main()
