"""The machine and the versions that numbers were measured with; no names of hosts or folders."""
import json
import os
import platform
import re
import shutil
import subprocess
import time


def cpu_info():
    with open("/proc/cpuinfo") as f:
        return dict(re.findall(r"^([^\t:]+)\t*: (.*)$", f.read().split("\n\n")[0], re.M))


def has_bfloat16():
    flags = cpu_info().get("flags", "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def busy(seconds=0.5):
    """Share of the processors' time that somebody else uses, while this program waits."""
    def read():
        with open("/proc/stat") as f:
            times = [int(v) for v in f.readline().split()[1:9]]
        return sum(times), times[3] + times[4]  # idle, and waiting for a disk
    begin = read()
    time.sleep(seconds)
    total, idle = (b - a for a, b in zip(begin, read()))
    return 1 - idle / total if total else 0.0


def text_of(command):
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout.strip()


def version_in(python, module):
    return text_of([python, "-c", f"import {module}; print({module}.__version__)"])


def describe(options):
    cpu, python = cpu_info(), "/usr/bin/python3"
    flags = cpu.get("flags", "").split()
    with open("/proc/meminfo") as f:
        kilobytes = int(re.search(r"MemTotal: *(\d+)", f.read()).group(1))
    onnx = os.path.join(options.build, "bench-peers/node_modules/onnxruntime-node/package.json")
    versions = {name: version_in(python, module) for name, module in (
        ("torch", "torch"), ("torchvision", "torchvision"), ("Pillow", "PIL"),
        ("XGBoost", "xgboost"), ("NumPy", "numpy"))}
    if os.path.exists(onnx):
        with open(onnx) as f:
            versions["ONNX Runtime"] = json.load(f)["version"]
    versions["Python"] = platform.python_version()
    told = text_of([os.path.join(options.build, "tools/imgvec"), "--version"])
    versions["imgvec"] = told.split("\n")[0].rpartition(" ")[2]
    with open("/etc/os-release") as f:
        system = dict(re.findall(r'^(\w+)="?(.*?)"?$', f.read(), re.M))
    return {
        "cpu": cpu.get("model name", platform.machine()),
        "family": f"{cpu.get('cpu family', '?')}/{cpu.get('model', '?')}",
        "cores": len(os.sched_getaffinity(0)),
        "vectors": [v for v in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
                    if v in flags],
        "memory_gib": kilobytes / 2**20,
        "system": system.get("PRETTY_NAME", platform.system()),
        "threads": options.threads,
        "versions": {k: v for k, v in versions.items() if v},
    }


def as_text(m):
    versions = ", ".join(f"{k} {v}" for k, v in m["versions"].items())
    return (f"Machine: {m['cpu']} (family/model {m['family']}; {', '.join(m['vectors'])}), "
            f"{m['cores']} cores, {m['memory_gib']:.0f} GiB, {m['system']}; "
            f"{m['threads']} threads each. Versions: {versions}.")
