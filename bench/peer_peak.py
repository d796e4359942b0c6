"""What this machine can do at most, through torch; answers lines of seconds (turns.py).
  peer_peak.py convolution PRECISION LAYOUT THREADS   GFLOP; LAYOUT plain, last or onednn
  peer_peak.py memory THREADS                         GB read and written"""
import sys
import time

import torch
from torch.nn import functional as F

COUNT, CHANNELS, SIDE = 16, 256, 28
BYTES = 256 << 20  # far beyond any cache


def convolution(precision, layout):
    """3x3, padded; work, and its GFLOP."""
    dtype = getattr(torch, precision)
    images = torch.randn(COUNT, CHANNELS, SIDE, SIDE).to(dtype)
    weight = torch.randn(CHANNELS, CHANNELS, 3, 3).to(dtype)
    if layout == "onednn":
        images = images.to_mkldnn()
        weight = torch._C._nn.mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), (1, 1), (1, 1),
                                                           (1, 1), 1)
    elif layout == "last":
        images = images.contiguous(memory_format=torch.channels_last)
        weight = weight.contiguous(memory_format=torch.channels_last)
    flop = 2 * COUNT * SIDE * SIDE * CHANNELS * CHANNELS * 9
    return lambda: F.conv2d(images, weight, padding=1), flop / 1e9


def memory():
    source, target = torch.ones(BYTES // 4), torch.zeros(BYTES // 4)
    return lambda: target.copy_(source), 2 * BYTES / 1e9


def main():
    job, *settings, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    work, units = {"convolution": convolution, "memory": memory}[job](*settings)
    with torch.inference_mode():
        for _ in range(3):
            work()
        print("ready", flush=True)
        for line in sys.stdin:
            begin = now = time.perf_counter()
            done = 0
            while done == 0 or now - begin < float(line):
                work()
                done += units
                now = time.perf_counter()
            print(done, now - begin, flush=True)


main()
