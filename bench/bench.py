#!/usr/bin/python3
"""Measures this library beside its peers on the same work in the same run: ./dev bench.

Prints a table for each row of work, with medians and, in brackets, the least and most of all
rounds; peers take turns with us, on the same number of threads. A ratio is ours over the peer's."""
import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile

import machine
from result import Skipped, as_markdown, as_text, spread, verdict
from turns import FAILURES

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = ("backbones", "peak", "embed", "decode", "finetune", "learner", "cold", "scale", "csv")
MARK = "<!-- measured -->"
BUSY = 0.05  # share of the processors that others may use


class Bench:
    """What the rows of work need to know."""

    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.build, self.fixtures = options.build, options.fixtures
        self.threads = options.threads
        self.python = sys.executable
        self.imgvec = os.path.join(options.build, "tools", "imgvec")
        self.quick, self.full = options.quick, options.full
        self.rounds = options.rounds or (2 if self.quick else 5)
        self.seconds = 0.5 if self.quick else 1.5
        self.large = 8 if self.quick else 60  # photos of 12 megapixels
        self.skipped = []
        self.failed = False

    def here(self, name):
        return os.path.join(HERE, name)

    def program(self, name):
        return os.path.join(self.build, "bench", name)

    def material(self, *parts):
        """A file of test material that a row needs."""
        path = os.path.join(self.fixtures, *parts)
        if not os.path.exists(path):
            raise Skipped(f"{os.path.join(*parts)} is not there (IMGVEC_FIXTURES names its folder)")
        return path

    def chosen(self, names):
        """Of the parts of a row, those that --part asks for: all where it names none of them."""
        return [n for n in names if n in self.options.part] or names

    def skip(self, what):
        if what not in self.skipped:
            self.skipped.append(what)
            print(f"*** SKIPPED: {what} ***", file=sys.stderr, flush=True)

    def fail(self, what):
        self.failed = True
        print(f"*** FAILED: {what} ***", file=sys.stderr, flush=True)

    def onnx(self):
        """The command of ONNX Runtime's program, or nothing."""
        modules = os.path.join(self.build, "bench-peers", "node_modules")
        if not shutil.which("node") or not os.path.isdir(os.path.join(modules, "onnxruntime-node")):
            self.skip("ONNX Runtime: tools/install-deps --bench installs it")
            return []
        return ["node", self.here("peer_onnx.js"), modules]

    def bfloat16(self):
        if machine.has_bfloat16():
            return True
        self.skip("bfloat16: this processor has neither AVX512-BF16 nor AMX-BF16")
        return False

    def say(self, result):
        ways = ", ".join(f"{n} {spread(w)}" + (f" x {verdict(result['ratios'][n])}"
                                               if n in result["ratios"] else "")
                         for n, w in result["ways"].items())
        print(f"  {result['work']}: {ways} {result['unit']}", file=sys.stderr, flush=True)


def show(row):
    print(f"\n{row['title']}\n{as_text(row)}\n", flush=True)


def write_page(path, report):
    with open(path) as f:
        head = f.read().split(MARK)[0]
    with open(path, "w") as f:
        f.write(f"{head}{MARK}\n\n{machine.as_text(report['machine'])}\n")
        for row in report["rows"]:
            f.write(f"\n## {row['title']}\n\n{row['about']}\n\n{as_markdown(row)}\n")
            if row["busy"] > BUSY:
                f.write(f"\nOther work took {100 * row['busy']:.0f} % of the processors just "
                        "before this was measured.\n")
        if report["skipped"]:
            f.write("\n## Not measured\n\n")
            f.writelines(f"- {what}\n" for what in report["skipped"])


def merged(paths):
    """Reports of runs that measured some rows each, as one; a row's parts are joined."""
    rows, skipped = {}, []
    for path in paths:
        with open(path) as f:
            report = json.load(f)
        for row in report["rows"]:
            known = rows.setdefault(row["name"], {**row, "results": []})
            known["results"] += row["results"]
            known["busy"] = max(known["busy"], row["busy"])
        skipped += [s for s in report["skipped"] if s not in skipped]
    return {"machine": report["machine"], "rows": [rows[n] for n in ROWS if n in rows],
            "skipped": skipped}


def measured(options):
    """A report, and whether something went wrong."""
    report = {"machine": machine.describe(options), "rows": []}
    with tempfile.TemporaryDirectory(prefix="imgvec-bench-") as scratch:
        bench = Bench(options, scratch)
        for name in options.only or ROWS:
            module = importlib.import_module(f"row_{name}")
            print(f"{module.TITLE}:", file=sys.stderr, flush=True)
            busy = machine.busy()
            if busy > BUSY:
                print(f"*** BUSY: other work takes {100 * busy:.0f} % of the processors ***",
                      file=sys.stderr, flush=True)
            try:
                row = {"name": name, "title": module.TITLE,
                       "about": " ".join(module.__doc__.split()), "busy": busy,
                       "results": module.measure(bench)}
            except Skipped as why:
                bench.skip(f"{module.TITLE}: {why}")
                continue
            except FAILURES as why:
                bench.fail(f"{module.TITLE}: {why}")
                continue
            report["rows"].append(row)
            show(row)
        report["skipped"] = bench.skipped
    return report, bench.failed


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("IMGVEC_BUILD", "build"))
    parser.add_argument("--fixtures", default=os.environ.get("IMGVEC_FIXTURES", "../shared"))
    parser.add_argument("--only", action="append", choices=ROWS, default=[],
                        help="measure this row of work alone; may be repeated")
    parser.add_argument("--part", action="append", default=[],
                        help="of a row, this part alone, such as a backbone; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--full", action="store_true", help="also what takes an hour")
    parser.add_argument("--rounds", type=int, help="rounds in which all take their turn")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    parser.add_argument("--merge", action="append", default=[], metavar="FILE",
                        help="measure nothing; take what --json wrote; may be repeated")
    parser.add_argument("--write", action="store_true",
                        help="write the tables into docs/performance.md")
    return parser.parse_args()


def main():
    options = arguments()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    os.environ["IMGVEC_TEST_BUILD"] = options.build
    if options.merge:
        report, failed = merged(options.merge), False
        for row in report["rows"]:
            show(row)
    else:
        report, failed = measured(options)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(report, f, indent=2)
    if options.write:
        write_page(os.path.join(HERE, "..", "docs", "performance.md"), report)
    return 1 if failed else 0 if report["rows"] else 77


if __name__ == "__main__":
    sys.exit(main())
