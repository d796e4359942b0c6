"""What the comparisons with Python share: a safetensors file as torchvision's network with the
preprocessing that its metadata asks for."""
import json
import struct

import torch
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


def mobilenetv2_035(path):
    """The network, ready for inference, and its transform of PIL images."""
    tensors, meta = read_safetensors(path)
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
    return net, transform
