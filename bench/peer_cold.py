"""A photo's class probabilities from a cold process, as a Python user has them: torchvision's
network and transforms, a projection, XGBoost.
  peer_cold.py FOLDER THREADS PHOTO
FOLDER holds the parts of a model file of this library. Prints the probabilities as JSON."""
import json
import os
import sys

import torch
import xgboost
from PIL import Image

import peer


def main():
    folder, threads, photo = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(threads)
    net, transform = peer.mobilenetv2_035(os.path.join(folder, "net", "0.safetensors"))
    fitted, _ = peer.read_safetensors(os.path.join(folder, "block", "0.safetensors"))
    booster = xgboost.Booster({"nthread": threads})
    booster.load_model(os.path.join(folder, "learner", "0.json"))
    with torch.inference_mode():
        features = net.features(transform(Image.open(photo).convert("RGB"))[None]).mean([2, 3])
        projected = ((features - fitted["mean"]) * fitted["scale"]) @ fitted["components"].T
    json.dump(booster.predict(xgboost.DMatrix(projected.numpy())).tolist()[0], sys.stdout)


main()
