"""One epoch of fine-tuning of mobilenetv2_035 on 256 photos, batch 32, beside an eager PyTorch loop
on the same photos with the same network, batch and threads; PyTorch with and without worker
processes that decode ahead."""
import re
import subprocess

from result import OURS, result
from turns import take_turns

TITLE = "Fine-tuning"
PHOTOS = 256


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def measure(bench):
    archive = bench.material("data", "clothing_train.zip")
    weights = bench.material("weights", "mobilenetv2_035.safetensors")

    def ours(_):
        text = output([bench.program("finetune"), archive, archive, "mobilenetv2_035", weights,
                       "epochs=1", f"threads={bench.threads}", f"rows={PHOTOS}", "speed=1"])
        return float(re.search(r"([0-9.]+) images/s", text).group(1))

    def theirs(workers):
        return lambda _: PHOTOS / float(output(
            [bench.python, bench.here("peer_finetune.py"), archive, weights, str(PHOTOS),
             str(bench.threads), str(workers)]))

    ways = {OURS: ours, "PyTorch": theirs(0), "PyTorch, decoding ahead": theirs(bench.threads)}
    rates = take_turns(ways, min(3, bench.rounds))
    return [result(f"one epoch of {PHOTOS} photos", "images/s", rates,
                   {name: (">=", 1.5) for name in ways if name != OURS})]
