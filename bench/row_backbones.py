"""Each backbone alone, on tensors in memory, beside ONNX Runtime and torch in eager mode, all with
random weights, which are the same. Ours is computed as the embedding of images computes it."""
import os
import shutil
import subprocess

from result import OURS, result
from turns import FAILURES, Server, Wrong, take_turns

TITLE = "Backbones alone"
TEN = ("densenet121", "efficientnetb0", "efficientnetb2", "inception_v3", "mobilenetv2",
       "resnet34", "resnet50", "seresnet50", "seresnext50", "xception")
ONNX, EAGER = "ONNX Runtime", "torch eager"
MOST_OFF = 1e-3  # relative distance of features


def checked(command):
    off = float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    if not off <= MOST_OFF:
        raise Wrong(f"{' '.join(command)}: features are {off:.1e} off")


def describe(bench, backbone):
    """Folder with the network as our builder lays it out, and as ONNX."""
    folder = os.path.join(bench.scratch, backbone)
    os.makedirs(folder)
    script = bench.here("peer_network.py")
    subprocess.run([bench.program("network"), "dump", backbone, folder, str(bench.threads)],
                   check=True)
    checked([bench.python, script, "check", folder, str(bench.threads)])
    if bench.onnx():
        subprocess.run([bench.python, script, "export", folder], check=True)
        checked([*bench.onnx(), "check", folder, str(bench.threads)])
    return folder


def ways(bench, backbone, folder, batch, precision):
    size = [str(batch), str(bench.threads)]
    ours = Server([bench.program("network"), "serve", backbone, *size, precision])
    all_ways = {OURS: ours}
    if bench.onnx():
        all_ways[ONNX] = Server([*bench.onnx(), "serve", folder, *size])
    if precision == "float32":
        all_ways[EAGER] = Server([bench.python, bench.here("peer_network.py"), "serve", folder,
                                  *size])
    return all_ways


def measure_one(bench, backbone, folder, batch, precision):
    targets = {ONNX: (">=", 1.0 if precision == "float32" else 1.6)}
    if batch > 1:
        targets[EAGER] = (">=", 3)
    rates = take_turns(ways(bench, backbone, folder, batch, precision), bench.rounds, bench.seconds)
    r = result(f"{backbone}, batch {batch}, {precision}", "images/s", rates, targets)
    bench.say(r)
    return r


def measure(bench):
    results = []
    kinds = [(16, "float32"), (1, "float32")]
    if bench.bfloat16():
        kinds.append((16, "bfloat16"))
    for backbone in bench.chosen(TEN):
        try:
            folder = describe(bench, backbone)
            for batch, precision in kinds:
                results.append(measure_one(bench, backbone, folder, batch, precision))
            shutil.rmtree(folder)
        except FAILURES as why:
            bench.fail(f"{backbone}: {why}")
    return results
