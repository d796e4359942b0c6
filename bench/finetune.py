"""Images a second of one epoch of fine-tuning, beside an eager PyTorch loop on the same photos with
the same network, batch and threads. They take turns; medians are compared. PyTorch is taken with as
many loader workers as serve it best.
  finetune.py PROGRAM ARCHIVE WEIGHTS"""
import os
import re
import statistics
import subprocess
import sys

ROWS, THREADS, TURNS = 256, 2, 3


def ours(program, archive, weights):
    text = subprocess.run(
        [program, archive, archive, "mobilenetv2_035", weights, "epochs=1",
         "threads=%d" % THREADS, "rows=%d" % ROWS, "speed=1"],
        check=True, capture_output=True, text=True).stdout
    return float(re.search(r"([0-9.]+) images/s", text).group(1))


def theirs(archive, weights, workers):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_finetune.py")
    text = subprocess.run(["/usr/bin/python3", script, archive, weights, str(ROWS), str(THREADS),
                           str(workers)], check=True, capture_output=True, text=True).stdout
    return ROWS / float(text)


def main():
    if not all(os.path.exists(p) for p in sys.argv[1:4]):
        print("*** SKIPPED: fine-tuning speed: no photos or weights ***")
        sys.exit(77)
    rates = {"ours": [], "PyTorch, no workers": [], "PyTorch, 2 workers": []}
    for _ in range(TURNS):
        rates["ours"].append(ours(*sys.argv[1:4]))
        rates["PyTorch, no workers"].append(theirs(sys.argv[2], sys.argv[3], 0))
        rates["PyTorch, 2 workers"].append(theirs(sys.argv[2], sys.argv[3], 2))
    middle = {k: statistics.median(v) for k, v in rates.items()}
    for name, each in rates.items():
        print("%-20s %6.1f images/s  (%s)" % (name, middle[name],
                                              ", ".join("%.1f" % r for r in each)))
    best = max(v for k, v in middle.items() if k != "ours")
    print("fine-tuning, one epoch of %d photos, batch 32, %d threads: %.2f times PyTorch eager" %
          (ROWS, THREADS, middle["ours"] / best))


main()
