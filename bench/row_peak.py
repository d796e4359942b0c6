"""resnet50 beside what this machine can do at most: one large 3x3 convolution (16 images of 256
channels, 28 x 28) by oneDNN through torch, in several layouts of which the fastest counts. Both in
GFLOP/s, a multiplication and an addition being two. And how fast memory is copied, bytes read and
written both counted."""
import json
import subprocess

from result import OURS, result
from turns import Server, take_turns

TITLE = "Limits of this machine"
BACKBONE = "resnet50"


def gflop(bench):
    """Of one image."""
    text = subprocess.run([bench.imgvec, "backbones", "--json"], check=True,
                          stdout=subprocess.PIPE).stdout
    (row,) = (b for b in json.loads(text)["backbones"] if b["id"] == BACKBONE)
    return 2 * row["gmacs"]


def convolutions(bench, precision):
    return {f"3x3 convolution, {name}": Server([bench.python, bench.here("peer_peak.py"),
                                                "convolution", precision, layout,
                                                str(bench.threads)])
            for name, layout in (("oneDNN's layout", "onednn"), ("channels last", "last"),
                                 ("plain", "plain"))}


def measure(bench):
    results = []
    each = gflop(bench)
    for precision in ["float32"] + (["bfloat16"] if bench.bfloat16() else []):
        ways = convolutions(bench, precision)
        ours = Server([bench.program("network"), "serve", BACKBONE, "16", str(bench.threads),
                       precision])
        rates = take_turns({OURS: ours, **ways}, bench.rounds, bench.seconds)
        rates[OURS] = [each * r for r in rates[OURS]]
        best = max(ways, key=lambda w: sorted(rates[w])[bench.rounds // 2])
        target = {best: (">=", 0.85)} if precision == "float32" else {}
        results.append(result(f"{BACKBONE}, batch 16, {precision}", "GFLOP/s", rates, target))
    memory = Server([bench.python, bench.here("peer_peak.py"), "memory", str(bench.threads)])
    results.append(result("memory, copied", "GB/s",
                          take_turns({"memory": memory}, bench.rounds, bench.seconds)))
    return results
