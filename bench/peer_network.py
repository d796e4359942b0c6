"""A network from this library's description of it (network.c's dump), in torch.
  peer_network.py export FOLDER          writes model.onnx beside the description
  peer_network.py check FOLDER THREADS   how far our features are from torch's, relative
  peer_network.py serve FOLDER BATCH THREADS   eager mode; answers lines of seconds (turns.py)"""
import json
import os
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from peer import read_safetensors

ACTIVATIONS = {"relu": nn.ReLU, "relu6": nn.ReLU6, "sigmoid": nn.Sigmoid, "silu": nn.SiLU,
               "hardswish": nn.Hardswish, "hardsigmoid": nn.Hardsigmoid, "gelu": nn.GELU}


def same_padding(size, kernel, stride):
    return max(0, (-(-size // stride) - 1) * stride + kernel - size)


class Same(nn.Module):
    """Padding for TensorFlow's "same", by the sizes of a map."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        rows, columns = (same_padding(int(x.shape[2 + i]), self.kernel[i], self.stride[i])
                         for i in (0, 1))
        return F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


class Mul(nn.Module):
    def forward(self, a, b):
        return a * b


class Concat(nn.Module):
    def forward(self, *maps):
        return torch.cat(maps, 1)


def convolution(node, channels):
    top, left, bottom, right = node["pad"]
    padded = []
    if node["same"]:
        padded = [Same(node["kernel"], node["stride"])]
    elif (top, left) != (bottom, right):
        padded = [nn.ZeroPad2d((left, right, top, bottom))]
    conv = nn.Conv2d(channels, node["channels"], node["kernel"], node["stride"],
                     0 if padded else (top, left), groups=node["groups"], bias=node["bias"])
    return nn.Sequential(*padded, conv) if padded else conv


def module(node, channels):
    op, pad = node["op"], node["pad"][:2]
    if op == "conv":
        return convolution(node, channels)
    if op == "batch_norm":
        return nn.BatchNorm2d(channels, node["eps"])
    if op == "activation":
        return ACTIVATIONS[node["activation"]]()
    if op == "max_pool":
        return nn.MaxPool2d(node["kernel"], node["stride"], pad, ceil_mode=node["ceil_mode"])
    if op == "avg_pool":
        return nn.AvgPool2d(node["kernel"], node["stride"], pad, node["ceil_mode"],
                            node["count_pad"])
    if op == "global_pool":
        return nn.AdaptiveAvgPool2d(1)
    if op in ("add", "mul", "concat"):
        return {"add": Add, "mul": Mul, "concat": Concat}[op]()
    raise SystemExit(f"no network of torch for {op}")


class Network(nn.Module):
    def __init__(self, folder):
        super().__init__()
        with open(os.path.join(folder, "graph.json")) as f:
            graph = json.load(f)
        weights, _ = read_safetensors(os.path.join(folder, "weights.safetensors"))
        self.side, nodes = graph["side"], graph["nodes"][: graph["feature"] + 1]
        self.inputs = [n["inputs"] for n in nodes]
        # A map is let go once nothing reads it any more, as a written forward() would.
        last = {i: at for at, inputs in enumerate(self.inputs) for i in inputs}
        self.spent = [[i for i in set(n) if last[i] == at] for at, n in enumerate(self.inputs)]
        self.layers = nn.ModuleList([nn.Identity()])
        for node in nodes[1:]:
            layer = module(node, nodes[node["inputs"][0]]["channels"])
            if node["name"]:
                own = layer[-1] if isinstance(layer, nn.Sequential) else layer
                own.load_state_dict({k[len(node["name"]) + 1:]: v for k, v in weights.items()
                                     if k.rpartition(".")[0] == node["name"]}, strict=False)
            self.layers.append(layer)
        self.eval()

    def forward(self, x):
        maps = {0: x}
        for at in range(1, len(self.layers)):
            maps[at] = self.layers[at](*(maps[i] for i in self.inputs[at]))
            for i in self.spent[at]:
                del maps[i]
        return maps[len(self.layers) - 1].flatten(1)


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return torch.frombuffer(bytearray(f.read()), dtype=torch.float32)


def check(folder, threads):
    torch.set_num_threads(threads)
    net = Network(folder)
    ours = read(folder, "features.raw").reshape(16, -1)
    with torch.inference_mode():
        theirs = net(read(folder, "images.raw").reshape(16, 3, net.side, net.side))
    print(float((ours - theirs).norm() / theirs.norm()))


def export(folder):
    net = Network(folder)
    torch.onnx.export(net, torch.zeros(1, 3, net.side, net.side),
                      os.path.join(folder, "model.onnx"), opset_version=13,
                      input_names=["images"], output_names=["features"],
                      dynamic_axes={"images": {0: "count"}, "features": {0: "count"}},
                      **({"dynamo": False} if torch.__version__ >= "2.5" else {}))


def serve(folder, batch, threads):
    torch.set_num_threads(threads)
    net = Network(folder)
    images = torch.randn(batch, 3, net.side, net.side)
    with torch.inference_mode():
        net(images)
        print("ready", flush=True)
        for line in sys.stdin:
            begin = now = time.perf_counter()
            done = 0
            while done == 0 or now - begin < float(line):
                net(images)
                done += batch
                now = time.perf_counter()
            print(done, now - begin, flush=True)


if __name__ == "__main__":
    job, folder, numbers = sys.argv[1], sys.argv[2], [int(a) for a in sys.argv[3:]]
    {"check": check, "export": export, "serve": serve}[job](folder, *numbers)
