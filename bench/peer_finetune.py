"""One epoch of fine-tuning in PyTorch's eager mode, as its users write it: PIL, torchvision's
transforms with a random flip, DataLoader, AdamW, cross-entropy with label smoothing. Prints the
seconds of the epoch.
  peer_finetune.py ARCHIVE WEIGHTS ROWS THREADS WORKERS"""
import io
import sys
import time
import zipfile

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

import peer


class Photos(Dataset):
    def __init__(self, path, rows, transform):
        self.path, self.transform, self.archive = path, transform, None
        names = [n for n in zipfile.ZipFile(path).namelist() if n.lower().endswith(".jpg")]
        self.classes = sorted({n.split("/")[-2] for n in names})
        step = max(1, len(names) // rows)
        self.names = names[::step][:rows]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        if self.archive is None:  # each worker its own
            self.archive = zipfile.ZipFile(self.path)
        name = self.names[i]
        image = Image.open(io.BytesIO(self.archive.read(name))).convert("RGB")
        return self.transform(image), self.classes.index(name.split("/")[-2])


def main():
    path, weights, rows, threads, workers = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    torch.set_num_threads(threads)
    net, transform = peer.mobilenetv2_035(weights)
    transform.transforms.insert(2, transforms.RandomHorizontalFlip())
    photos = Photos(path, rows, transform)
    net.classifier[1] = torch.nn.Linear(net.last_channel, len(photos.classes))
    net.train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    loader = DataLoader(photos, batch_size=32, shuffle=True, num_workers=workers)
    started = time.time()
    for images, labels in loader:
        optimizer.zero_grad()
        loss_of(net(images), labels).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    print(time.time() - started)


main()
