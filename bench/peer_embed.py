#!/usr/bin/python3
"""The usual Python way from a zip of photos to features: PIL, torchvision transforms and an
eager torch network. Prints the seconds that each part took, as JSON.

usage: peer_embed.py ARCHIVE WEIGHTS.safetensors THREADS [WORKERS]

WORKERS 0 decodes and computes in turn; more are DataLoader processes that decode ahead."""
import io
import json
import struct
import sys
import time
import zipfile

started = time.time()
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.models import MobileNetV2


def read_safetensors(path):
    with open(path, "rb") as f:
        data = f.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    meta = header.pop("__metadata__", {})
    body = bytearray(data[8 + length :])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensor = torch.frombuffer(body, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = tensor.reshape(entry["shape"])
    return tensors, meta


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
    tensors, meta = read_safetensors(weights)
    net = MobileNetV2(width_mult=0.35)
    net.load_state_dict(tensors, strict=False)
    net.eval()
    size = int(meta["input_size"])
    transform = transforms.Compose([
        transforms.Resize(size * 256 // 224),
        transforms.CenterCrop(size),
        transforms.ToTensor(),
        transforms.Normalize([float(v) for v in meta["mean"].split(",")],
                             [float(v) for v in meta["std"].split(",")]),
    ])
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
